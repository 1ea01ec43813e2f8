import Foundation

@testable import Notifi

/// The built daemons: they lie beside the program that runs these tests.
enum Programs {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// - Throws: `Missing` with what to do, if one of the daemons was not built.
    static func folder() throws -> String {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = URL(filePath: tests).deletingLastPathComponent().path(percentEncoded: false)
        let missing = Daemon.allCases.map(\.executable).filter {
            !FileManager.default.isExecutableFile(atPath: folder + $0)
        }
        guard missing.isEmpty else {
            throw Missing(
                description:
                    "\(missing.joined(separator: ", ")) not found in \(folder): run `swift build --build-tests`")
        }
        return folder
    }
}
