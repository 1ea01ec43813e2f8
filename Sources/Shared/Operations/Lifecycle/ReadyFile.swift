import Foundation

/// Tells whoever started the daemon which ports it got: `{"http":8080,"admin":41234}`.
struct ReadyFile: Sendable, Encodable {
    static let variable = "NOTIFI_READY_FILE"

    let http: Int?
    let admin: Int

    /// Where the one who started the process wants it; `nil` if nowhere.
    static var path: String? {
        ProcessInfo.processInfo.environment[Self.variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Removes what an earlier run left, so that nobody takes its ports for those of this one.
    static func remove(at path: String) throws {
        if FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
    }

    /// Writes it beside its place and renames it, so that a reader sees all of it or nothing.
    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
    }
}
