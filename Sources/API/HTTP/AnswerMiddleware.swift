import HTTPTypes
import Hummingbird
import Logging
import Notifications
import Operations

/// Around every request: takes up its trace, turns whatever is thrown into problem+json, counts and logs.
struct AnswerMiddleware: RouterMiddleware {
    let rules: AnswerRules
    let paths: KnownPaths

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let trace = request.headers[.traceparent].flatMap({ TraceContext($0) }) { context.trace = trace }
        context.logger[metadataKey: LogKey.traceID] = "\(context.trace.traceID)"
        let began = ContinuousClock.now
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let problem = self.problem(for: error, of: request, logger: context.logger)
            response = Response(try self.rules.refusal(problem, notes: context.notes))
        }
        self.rules.complete(&response.headers, notes: context.notes)
        self.rules.count(
            response.status, to: request.method, request.uri.path, since: began, logger: context.logger)
        return response
    }

    private func problem(for error: any Error, of request: Request, logger: Logger) -> Problem {
        if let error = error as? HTTPError, error.status == .notFound {
            let methods = self.paths.methods(at: request.uri.path)
            if !methods.isEmpty { return .methodNotAllowed(allowed: methods) }
        }
        return Problem(for: error, logger: logger)
    }
}
