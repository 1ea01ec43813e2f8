import Foundation
import SystemPackage

/// The folder in which `notifi up` keeps what outlives it: `.notifi/`.
struct StateFolder: Sendable {
    /// Absolute.
    let path: String

    /// - Parameter path: relative ones are taken from the working directory.
    init(_ path: String) {
        self.path = URL(filePath: path, directoryHint: .notDirectory).standardizedFileURL.path(percentEncoded: false)
    }

    var postgres: String { "\(self.path)/postgres" }
    var environmentFile: String { "\(self.path)/env" }
    var secretsFile: String { "\(self.path)/secrets.json" }
    /// What services did, and what `up` did for them.
    var auditFile: String { "\(self.path)/audit.jsonl" }
    var lockFile: String { "\(self.path)/lock" }
    var run: String { "\(self.path)/run" }

    func readyFile(of daemon: Daemon) -> String { "\(self.run)/\(daemon.rawValue).ready.json" }
    func recordFile(of daemon: Daemon) -> String { "\(self.run)/\(daemon.rawValue).pid" }

    /// Makes it where it is not there yet. Others can't list it; the server's user has to get through it to the cluster.
    func prepare() throws {
        for (folder, mode) in [(self.path, 0o711), (self.run, 0o700)] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
        }
    }

    /// - Returns: `nil` where there is no such file.
    static func read(_ path: String) throws -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    /// Writes a file that only its owner may read, and puts it in its place at once, so that nobody sees half of it.
    static func writePrivately(_ text: String, to path: String) throws {
        // The write below takes over the mode of the file that it replaces, so there has to be one.
        try FileDescriptor.open(
            FilePath(path), .writeOnly, options: [.create, .closeOnExec], permissions: [.ownerReadWrite]
        ).close()
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    static func remove(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
    }
}
