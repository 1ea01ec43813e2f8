import Foundation

/// The clock of one daemon, moved by libfaketime (Debian's package of that name), without which clocks stay right.
///
/// Only what the system calls real time is moved: timers and time-outs count on as they do where somebody sets a clock.
struct FakeClock: Sendable {
    static let library: String? = {
        if let named = ProcessInfo.processInfo.environment["NOTIFI_FAULT_FAKETIME"] { return named }
        return ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/faketime/libfaketimeMT.so.1" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }()

    private let file: String

    /// - Parameter folder: for the file that tells how far it is off.
    init?(name: String, folder: String) throws {
        guard Self.library != nil else { return nil }
        self.file = "\(folder)/\(name).clock"
        try self.set(seconds: 0)
    }

    func set(seconds: Int) throws {
        try Data("\(seconds < 0 ? "" : "+")\(seconds)\n".utf8).write(to: URL(filePath: self.file))
    }

    var environment: [String: String] {
        [
            "LD_PRELOAD": Self.library ?? "", "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1",
        ]
    }
}
