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

/// A generator whose numbers are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
