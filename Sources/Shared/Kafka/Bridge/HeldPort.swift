import Glibc

/// A port of 127.0.0.1 that nobody listens on for now, kept for who will again.
///
/// Left free, the system would hand it out to some connection as its own end before long, and librdkafka ends the process
/// where a broker of its mock cluster cannot listen on its port again. Both sockets allow reuse, so that the broker may
/// listen while this is still bound; the system itself picks no port that is.
final class HeldPort: Sendable {
    private let socket: Int32

    /// - Returns: `nil` where somebody has it already.
    init?(_ port: UInt16) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        self.socket = socket
        var yes: Int32 = 1
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let isBound =
            unsafe setsockopt(
                socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout.size(ofValue: yes))) == 0
            && withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        // The socket is closed by `deinit`, as all is initialized.
        if !isBound { return nil }
    }

    deinit {
        close(self.socket)
    }
}
