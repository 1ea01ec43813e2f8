import Foundation

/// Lends a file with this text, and removes it afterwards.
func withFile<Result>(_ text: String, _ body: (_ path: String) throws -> Result) throws -> Result {
    let path = temporaryPath()
    try Data(text.utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// As above, for a body that waits.
func withFile<Result>(_ text: String, _ body: (_ path: String) async throws -> Result) async throws -> Result {
    let path = temporaryPath()
    try Data(text.utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// A path at which nothing is yet.
func temporaryPath() -> String {
    FileManager.default.temporaryDirectory.appending(path: "notifi-\(UUID().uuidString)").path()
}
