import Testing

@testable import Harness

/// All system tests, one after the other: they load the machine, and measure time.
@Suite(.serialized, .timeLimit(.minutes(3)), .notingTrouble, .alone)
enum EndToEnd {
    /// Those that break nothing, or bring it back at once, share an installation.
    @Suite(.installation)
    enum Undisturbed {}
}

extension Installation {
    /// That of the suite that is running.
    @TaskLocal static var current: Installation?

    static var shared: Installation {
        get throws { try #require(Self.current, "the suite has no installation") }
    }

    /// The same, with everything running, whatever the test before has left lying.
    static var healthy: Installation {
        get async throws {
            let installation = try Self.shared
            try await installation.heal()
            return installation
        }
    }
}

/// One installation for all tests of a suite. They leave it running as they found it, and use users of their own.
struct InstallationTrait: SuiteTrait, TestScoping {
    let options: Installation.Options

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withoutActuallyEscaping(function) { function in
            try await withInstallation(self.options) { installation in
                try await Installation.$current.withValue(installation) { try await function() }
            }
        }
    }
}

extension Trait where Self == InstallationTrait {
    static var installation: Self { Self(options: Installation.Options()) }

    static func installation(_ options: Installation.Options) -> Self { Self(options: options) }
}
