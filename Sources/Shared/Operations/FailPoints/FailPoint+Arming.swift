#if DEBUG
import Glibc
import Synchronization

extension FailPoint {
    /// `router.outbox-committed=kill`; more than one by commas. With `@3` behind it only the third passing counts.
    public static let variable = "NOTIFI_FAIL_POINT"

    /// `router.outbox-committed`: the daemon, then what is done.
    public var name: String {
        "\(self)".reduce(into: "") { name, character in
            guard character.isUppercase else { return name.append(character) }
            name.append(name.contains(".") ? "-" : ".")
            name.append(character.lowercased())
        }
    }

    /// The daemon that has it, without its `notifi-`.
    public var daemon: String { String(self.name.prefix { $0 != "." }) }

    public enum Action: String, Sendable, CaseIterable {
        /// SIGKILL.
        case kill
        /// SIGSTOP, until somebody sends SIGCONT.
        case stop
    }

    /// What is to happen at a point.
    struct Charge: Sendable, Hashable {
        let action: Action
        /// At which passing, from 1.
        var countdown: Int
    }

    private static let charges = Mutex<[FailPoint: Charge]>([:])

    /// Whether it will act at some later passing.
    public var isArmed: Bool { Self.charges.withLock { $0[self] != nil } }

    /// Arms the points of this daemon. All may share one environment, so those of others are only checked.
    ///
    /// - Throws: ``SettingsError`` for what is no point, no action or no count.
    static func arm(_ daemon: String, environment: [String: String]) throws(SettingsError) {
        let charges = try Self.parse(environment[Self.variable] ?? "")
        let own = charges.filter { "notifi-\($0.key.daemon)" == daemon }
        Self.charges.withLock { $0 = own }
    }

    static func parse(_ text: String) throws(SettingsError) -> [FailPoint: Charge] {
        var charges: [FailPoint: Charge] = [:]
        var faults: [String] = []
        for entry in text.split(separator: ",") {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
            let how = parts.count == 2 ? parts[1].split(separator: "@", omittingEmptySubsequences: false) : []
            let point = Self.allCases.first { $0.name == parts[0] }
            let action = how.first.flatMap { Action(rawValue: String($0)) }
            let count = how.count == 2 ? Int(how[1]) : 1
            if let point, let action, let count, count > 0, how.count <= 2, charges[point] == nil {
                charges[point] = Charge(action: action, countdown: count)
            } else {
                faults.append(
                    "\(Self.variable): expected a fail point such as router.published=kill, =stop or =kill@3, each once, "
                        + "found \(String(entry).debugDescription)")
            }
        }
        guard faults.isEmpty else { throw SettingsError(faults: faults) }
        return charges
    }

    @usableFromInline
    func reach() {
        let action = Self.charges.withLock { charges -> Action? in
            guard var charge = charges[self] else { return nil }
            charge.countdown -= 1
            charges[self] = charge.countdown > 0 ? charge : nil
            return charge.countdown > 0 ? nil : charge.action
        }
        switch action {
        case .kill: raise(SIGKILL)
        case .stop: raise(SIGSTOP)
        case nil: break
        }
    }
}
#endif
