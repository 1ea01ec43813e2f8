/// One of the four processes that `notifi up` starts.
enum Daemon: String, Sendable, Hashable, CaseIterable, Comparable {
    case api, router, poller, delivery

    /// The program, found beside the `notifi` that is running.
    var executable: String { "notifi-\(self.rawValue)" }

    static func < (lhs: Self, rhs: Self) -> Bool {
        Self.allCases.firstIndex(of: lhs)! < Self.allCases.firstIndex(of: rhs)!
    }
}

/// The ports of a daemon that is up, as it wrote them to its ready file.
struct DaemonPorts: Sendable, Hashable, Codable {
    /// Only the API has one.
    let http: Int?
    let admin: Int
}
