import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// What the answers about an inbox have in common: the `ETag` by which a client asks only for what changed, and the pace
/// at which it is to ask.
struct InboxAnswers: Sendable {
    let versions: InboxVersions
    let pollIntervalSeconds: Int

    /// - Returns: a 304 where the client has what there is; `nil` where it has to be told.
    func notModified(_ request: Request, for userID: String) async throws -> Response? {
        guard let known = request.headers[.ifNoneMatch] else { return nil }
        let version = try await self.versions.version(of: userID)
        guard Self.matches(known, Self.etag(version, of: userID)) else { return nil }
        return Response(status: .notModified, headers: self.headers(version: version, of: userID))
    }

    func headers(version: Int64, of userID: String) -> HTTPFields {
        [
            .eTag: Self.etag(version, of: userID), .pollInterval: String(self.pollIntervalSeconds),
            .cacheControl: "private, no-cache", .vary: "Authorization, Cookie",
        ]
    }

    /// The user is in it, so that a browser that changes hands never takes one person's page for another's.
    static func etag(_ version: Int64, of userID: String) -> String {
        let user = SHA256.hash(data: Array(userID.utf8)).prefix(6)
        return "\"\(version)-\(Data(user).base64URL)\""
    }

    /// `If-None-Match` by weak comparison (RFC 9110 section 13.1.2).
    static func matches(_ header: String, _ etag: String) -> Bool {
        header.split(separator: ",").contains { part in
            let candidate = part.trimmed
            return candidate == "*" || candidate == etag || candidate == "W/\(etag)"
        }
    }
}
