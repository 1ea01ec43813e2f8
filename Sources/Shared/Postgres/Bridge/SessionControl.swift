import CLibpq
import Glibc
import Synchronization

/// Reaches a session's thread while it waits for the socket: an eventfd that the thread polls beside the socket.
///
/// It is the thread itself that has a cancel request sent, only while the statement with that very token runs, and that
/// sends nothing else before the request is over. So a request that comes late can't hit another statement.
final class SessionControl: Sendable {
    private struct State {
        var lastToken: UInt64 = 0
        var cancelled: Set<UInt64> = []
        var running: UInt64?
        var isAborted = false
        var transaction = Transaction.none
        var isInTransaction = false
        var socket: Int32 = -1
    }

    /// What `PostgresConnection.transaction` asks of the session.
    enum Transaction {
        case none
        /// The next request is its first, and takes BEGIN along.
        case due
        /// BEGIN was refused or cancelled: nothing runs before the rollback.
        case failed
    }

    private let state = Mutex(State())
    /// Readable once the thread is to look here.
    let descriptor: Int32

    init() throws(PostgresError) {
        self.descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard self.descriptor >= 0 else {
            throw PostgresError(code: .connection, message: "no file descriptor is left (errno \(errno))")
        }
    }

    deinit {
        Glibc.close(self.descriptor)
    }

    var isAborted: Bool { self.state.withLock { $0.isAborted } }

    func newToken() -> UInt64 {
        self.state.withLock { state in
            state.lastToken += 1
            return state.lastToken
        }
    }

    /// From any thread: the call with this token is to end. No effect on any other call.
    func cancel(_ token: UInt64) {
        let wakes = self.state.withLock { state in
            state.cancelled.insert(token)
            return state.running == token
        }
        if wakes { self.wake() }
    }

    /// From any thread: whatever runs is to end, and nothing runs afterwards.
    func abort() {
        self.state.withLock { $0.isAborted = true }
        self.wake()
    }

    func begin(_ token: UInt64) {
        self.state.withLock { $0.running = token }
    }

    func end(_ token: UInt64) {
        self.state.withLock { $0.running = nil }
    }

    /// Once nobody can cancel the call with this token any more.
    func forget(_ token: UInt64) {
        _ = self.state.withLock { $0.cancelled.remove(token) }
    }

    func isCancelled(_ token: UInt64) -> Bool {
        self.state.withLock { $0.cancelled.contains(token) }
    }

    /// To be called by whoever has the connection to itself, from any thread: the next request takes BEGIN along.
    ///
    /// - Returns: false within a transaction, of which an inner one would be the end.
    func beginTransaction() -> Bool {
        self.state.withLock { state in
            if state.isInTransaction { return false }
            state.isInTransaction = true
            state.transaction = .due
            return true
        }
    }

    func endTransaction() {
        self.state.withLock { state in
            state.isInTransaction = false
            state.transaction = .none
        }
    }

    /// The session's thread's.
    var transaction: Transaction {
        get { self.state.withLock { $0.transaction } }
        set { self.state.withLock { $0.transaction = newValue } }
    }

    /// On the session's thread: -1 before the socket is closed, so that nobody looks at another one of its number.
    func setSocket(_ socket: Int32) {
        self.state.withLock { $0.socket = socket }
    }

    /// From any thread, without waiting: whether an idle connection has heard nothing from its server, not even that it is
    /// gone.
    var isQuiet: Bool {
        self.state.withLock { !$0.isAborted && $0.socket >= 0 && !SocketWait.hasInput($0.socket) }
    }

    /// On the session's thread, after it was woken.
    func drain() {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(self.descriptor, &count)
    }

    /// From any thread.
    func wake() {
        _ = eventfd_write(self.descriptor, 1)
    }
}
