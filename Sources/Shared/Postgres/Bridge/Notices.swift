import CLibpq
import Logging

/// Takes what the server says unasked. Used on its session's thread only.
final class Notices {
    private let logger: Logger
    /// The server has ended the session, though the end of the stream may not have been read yet.
    private(set) var isFatal = false

    init(logger: Logger) {
        self.logger = logger
    }

    /// The connection must not outlive `self`.
    func attach(to connection: OpaquePointer) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context = unsafe context, let result = unsafe result else { return }
                unsafe Unmanaged<Notices>.fromOpaque(context).takeUnretainedValue().receive(result)
            }, context)
    }

    private func receive(_ result: OpaquePointer) {
        let fields = unsafe ResultFields(result)
        if fields.isFatal { self.isFatal = true }
        self.logger.debug(
            "notice from Postgres",
            metadata: ["notice": "\(fields.message ?? "")", "sqlstate": "\(fields.sqlState ?? "")"])
    }
}
