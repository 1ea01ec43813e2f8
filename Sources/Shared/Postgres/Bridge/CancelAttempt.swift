import CLibpq
import Foundation
import Synchronization

/// One request to the server to cancel what a connection runs, on a thread of its own.
///
/// PQcancel waits, without any bound of its own, until the server has signalled its backend; nothing that is sent after
/// that can be hit. A server that hangs would hold the session's thread for ever.
///
/// `@unchecked Sendable`: the pointer goes from the thread that makes it to the one that uses and frees it. libpq: a
/// PGcancel is a copy of what it needs of the connection, and PQcancel may be called from another thread.
@safe final class CancelAttempt: @unchecked Sendable {
    private let request: OpaquePointer
    private let control: SessionControl
    private let done = Mutex(false)

    private init(_ request: OpaquePointer, control: SessionControl) {
        unsafe self.request = unsafe request
        self.control = control
    }

    /// Returns at once; `control` is woken when it is done. Nil where the connection is no longer there.
    static func start(_ connection: OpaquePointer, control: SessionControl) -> CancelAttempt? {
        guard let request = unsafe PQgetCancel(connection) else { return nil }
        let attempt = unsafe CancelAttempt(request, control: control)
        let thread = Thread { attempt.run() }
        thread.name = "postgres-cancel"
        thread.start()
        return attempt
    }

    var isDone: Bool { self.done.withLock { $0 } }

    private func run() {
        var reason = [CChar](repeating: 0, count: 256)
        // If it fails, it is tried again, or the wait for the statement ends by its deadline.
        _ = unsafe PQcancel(self.request, &reason, Int32(reason.count))
        unsafe PQfreeCancel(self.request)
        self.done.withLock { $0 = true }
        self.control.wake()
    }
}
