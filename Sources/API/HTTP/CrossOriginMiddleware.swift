import HTTPTypes
import Hummingbird

/// CORS (https://fetch.spec.whatwg.org/#http-cors-protocol) by allow-list: a page of another origin gets the headers
/// that let it read an answer only if that origin is listed.
struct CrossOriginMiddleware: RouterMiddleware {
    let origins: OriginPolicy

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], self.origins.isAllowed(origin) else {
            var response = try await next(request, context)
            self.origins.complete(&response.headers)
            return response
        }
        let isPreflight = request.method == .options && request.headers[.accessControlRequestMethod] != nil
        var response = isPreflight ? Response(status: .noContent) : try await next(request, context)
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlAllowCredentials] = "true"
        self.origins.complete(&response.headers)
        if isPreflight {
            response.headers[.accessControlAllowMethods] = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
            response.headers[.accessControlAllowHeaders] =
                "Authorization, Content-Type, If-None-Match, Idempotency-Key, traceparent"
            response.headers[.accessControlMaxAge] = "600"
        } else {
            response.headers[.accessControlExposeHeaders] =
                "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Poll-Interval"
        }
        return response
    }
}

extension OriginPolicy {
    /// Caches must not show one origin the answer to another; nor forget what else the answer depends on.
    func complete(_ fields: inout HTTPFields) {
        guard !self.allowed.isEmpty else { return }
        fields[.vary] = [fields[.vary], "Origin"].compactMap(\.self).joined(separator: ", ")
    }
}
