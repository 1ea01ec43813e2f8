import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// An answer, whoever writes it: the framework, or a hot route.
struct Answer: Sendable, Equatable {
    let status: HTTPResponse.Status
    var fields: HTTPFields
    /// `nil` where the status allows none.
    let body: ByteBuffer?

    init(_ status: HTTPResponse.Status, _ fields: HTTPFields = [:], body: ByteBuffer? = nil) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// An answer in JSON.
    init(
        _ status: HTTPResponse.Status, _ fields: HTTPFields = [:], json: some Sequence<UInt8>,
        contentType: String = "application/json"
    ) {
        let body = ByteBuffer(bytes: json)
        self.init(status, fields, body: body)
        self.fields[.contentType] = contentType
        self.fields[.contentLength] = String(body.readableBytes)
    }

    init(
        _ status: HTTPResponse.Status, _ fields: HTTPFields = [:], encoding value: some Encodable,
        contentType: String = "application/json"
    ) throws {
        self.init(status, fields, json: try Self.json(value), contentType: contentType)
    }

    /// As everything is written that is not written by hand: with sorted members.
    static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return try encoder.encode(value)
    }
}

extension Response {
    init(_ answer: Answer) {
        self.init(
            status: answer.status, headers: answer.fields,
            body: answer.body.map { ResponseBody(byteBuffer: $0) } ?? ResponseBody())
    }

    /// An answer in JSON.
    init(json value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) throws {
        self.init(try Answer(status, headers, encoding: value))
    }
}
