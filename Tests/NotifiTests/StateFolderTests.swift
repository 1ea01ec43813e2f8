import Foundation
import Testing

@testable import Notifi

@Suite struct StateFolderTests {
    /// A folder of its own for `body`, removed afterwards.
    private func withFolder<R>(_ body: (StateFolder) async throws -> R) async throws -> R {
        let path = FileManager.default.temporaryDirectory.appending(path: "notifi-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: path) }
        let folder = StateFolder(path.path(percentEncoded: false))
        try folder.prepare()
        return try await body(folder)
    }

    @Test func secretsAreKeptForTheirOwnerAlone() async throws {
        try await self.withFolder { folder in
            var secrets = try DemoSecrets.load(from: folder)
            secrets.serviceToken = "t"
            try secrets.save(to: folder)
            #expect(try DemoSecrets.load(from: folder) == secrets)
            let mode =
                try FileManager.default.attributesOfItem(atPath: folder.secretsFile)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600)
        }
    }

    @Test func spoiledSecretsAreNotOverwritten() async throws {
        try await self.withFolder { folder in
            try StateFolder.writePrivately("spoiled", to: folder.secretsFile)
            #expect(throws: UpFailure.self) { try DemoSecrets.load(from: folder) }
            #expect(try StateFolder.read(folder.secretsFile) == "spoiled")
        }
    }

    @Test func onlyOneHoldsTheLock() async throws {
        try await self.withFolder { folder in
            let isRefused = try await StateLock.holding(folder) {
                await #expect(throws: UpFailure.self) { _ = try await StateLock.holding(folder) { 1 } } != nil
            }
            #expect(isRefused)
            #expect(try await StateLock.holding(folder) { 2 } == 2, "afterwards another may")
        }
    }

    @Test func aRelativePathBecomesAbsolute() {
        #expect(StateFolder(".notifi").path == FileManager.default.currentDirectoryPath + "/.notifi")
        #expect(StateFolder("/a/b/").path == "/a/b")
    }
}
