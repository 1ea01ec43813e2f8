import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat
import Notifications

extension Request {
    /// The whole body.
    ///
    /// - Parameter deadline: within which all of it has to be here: whoever sends it holds a place that others wait for.
    /// - Throws: `Problem`: 413 for more than `limit` bytes, 415 for another type than one of `types`, 408 for one that is
    ///   too slow.
    func bytes(
        limit: Int, types: [String] = [MediaType.json], within deadline: Duration = .seconds(10)
    ) async throws -> Data {
        try MediaType.check(self.headers[.contentType], types)
        do {
            return Data(buffer: try await self.collect(limit: limit, within: deadline))
        } catch is NIOTooManyBytesError {
            throw Problem.tooLarge(limit: limit)
        }
    }

    private func collect(limit: Int, within deadline: Duration) async throws -> ByteBuffer {
        let body = self.body
        return try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
            group.addTask { try await body.collect(upTo: limit) }
            group.addTask {
                try await Task.sleep(for: deadline)
                throw Problem(
                    .requestTimeout, code: "request_timeout", title: "Too slow",
                    detail: "the body has to be sent within \(deadline.components.seconds) seconds")
            }
            defer { group.cancelAll() }
            guard let bytes = try await group.next() else { throw CancellationError() }
            return bytes
        }
    }

    /// The body as JSON.
    ///
    /// - Throws: `Problem`: 400 for anything that is not JSON, and what `bytes` throws.
    func json(limit: Int) async throws -> JSONValue {
        try JSONValue(body: [UInt8](try await self.bytes(limit: limit)))
    }

    /// The bytes that reading the body may take: what it says, and where it says nothing, all that it may have.
    func expectedSize(limit: Int) -> Int {
        guard let length = self.headers[.contentLength].flatMap({ Int($0) }), length >= 0 else { return limit }
        return min(length, limit)
    }

    /// Whether the body says that it is of this type.
    func isOfType(_ type: String) -> Bool { self.headers[.contentType]?.lowercased().hasPrefix(type) ?? false }
}

enum MediaType {
    static let json = "application/json"

    /// - Parameter field: the `Content-Type`; without one the body is taken for what is wanted.
    /// - Throws: `Problem`, 415, for another type than one of `types`.
    static func check(_ field: String?, _ types: [String] = [Self.json]) throws {
        guard let field, field != types.first else { return }
        let essence = field.prefix { $0 != ";" }.trimmed.lowercased()
        guard types.contains(essence) else {
            throw Problem(
                .unsupportedMediaType, code: "unsupported_media_type", title: "Unsupported media type",
                detail: "Content-Type must be \(types.joined(separator: " or "))")
        }
    }
}

extension JSONValue {
    /// A thousand notifications with sixty values each.
    static let mostValues = 60_000

    /// - Throws: `Problem`: 400 for what is not JSON or names a member of an object twice, 413 for more values than are worth decoding.
    init(body: [UInt8]) throws {
        if let plain = JSONValue.plain(body, mostValues: Self.mostValues) {
            self = plain
            return
        }
        guard JSONExtent(of: body).values <= Self.mostValues else {
            throw Problem(
                .contentTooLarge, code: "payload_too_large", title: "Too large",
                detail: "at most \(Self.mostValues) JSON values are taken at once")
        }
        do {
            try self.init(parsing: Data(body))
        } catch {
            throw Problem.invalidJSON(body.isEmpty ? "the body is empty" : "the body is not JSON")
        }
        if let name = JSONNames.repeated(in: body) {
            throw Problem.invalidJSON("an object has two members of the name \"\(name.prefix(64))\"")
        }
    }
}
