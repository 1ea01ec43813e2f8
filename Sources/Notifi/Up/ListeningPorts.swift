/// The TCP ports that are listened on, from `/proc/net/tcp` and `/proc/net/tcp6`.
///
/// Asking the kernel tells as much as binding would, before anything is started, and leaves nothing behind.
struct ListeningPorts: Sendable {
    private var ports: Set<Int> = []

    /// Takes only sockets that would be in the way of 127.0.0.1: bound to it, or to all addresses.
    init(tables: [String]) {
        for line in tables.flatMap({ $0.split(whereSeparator: \.isNewline) }) {
            let fields = line.split(separator: " ")
            guard fields.count > 3, fields[3] == "0A" else { continue }
            let address = fields[1].split(separator: ":")
            guard address.count == 2, let port = Int(address[1], radix: 16) else { continue }
            let isInTheWay =
                address[0].allSatisfy { $0 == "0" } || address[0] == "0100007F"
                || address[0] == "0000000000000000FFFF00000100007F"
            if isInTheWay {
                self.ports.insert(port)
            }
        }
    }

    func contains(_ port: Int) -> Bool { self.ports.contains(port) }
}
