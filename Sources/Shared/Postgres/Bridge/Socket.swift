import Glibc

/// Waits for a session's socket and for its control at once.
struct SocketWait {
    enum Outcome {
        case ready
        case woken
        case timedOut
    }

    let socket: Int32
    let control: Int32

    /// - Parameter deadline: Nil waits without a bound.
    func callAsFunction(
        read: Bool, write: Bool, until deadline: ContinuousClock.Instant?
    ) throws(PostgresError) -> Outcome {
        var events: Int32 = 0
        if read { events |= Int32(POLLIN) }
        if write { events |= Int32(POLLOUT) }
        var descriptors = [
            pollfd(fd: self.socket, events: Int16(events), revents: 0),
            pollfd(fd: self.control, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let count = unsafe descriptors.withUnsafeMutableBufferPointer { buffer in
                unsafe poll(buffer.baseAddress, nfds_t(buffer.count), Self.milliseconds(until: deadline))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw PostgresError(code: .connection, message: "waiting for the socket failed (errno \(errno))")
            }
            if descriptors[1].revents != 0 { return .woken }
            if descriptors[0].revents != 0 { return .ready }
            if let deadline, ContinuousClock.now >= deadline { return .timedOut }
        }
    }

    /// Whether there is something to read, or the peer has hung up, at this moment.
    static func hasInput(_ socket: Int32) -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        let count = unsafe poll(&descriptor, 1, 0)
        return count != 0
    }

    /// Rounded up, so that waiting does not spin in the last millisecond; -1 for no bound.
    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        return Int32(clamping: min(seconds, 1_000_000) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}
