import ArgumentParser

struct TokenUserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Sign a session for a person (a JWT, HS256), for trying out and for development.",
        discussion: "Reads the secret from NOTIFI_SESSION_JWT_SECRET, which has to be that of the API.")

    @Option(help: "The user's id, 1 to 128 bytes.")
    var user: String

    @Option(
        help: ArgumentHelp("How long it is valid: 90s, 15m, 12h, 30d.", valueName: "time"), transform: Lifetime.read)
    var ttl: Duration = .seconds(12 * 3600)

    func validate() throws {
        guard (1...128).contains(self.user.utf8.count) else {
            throw ValidationError("--user has to have 1 to 128 bytes")
        }
    }

    func run() async throws {
        guard let secret = Surroundings.variable("NOTIFI_SESSION_JWT_SECRET") else {
            throw CommandFailure("NOTIFI_SESSION_JWT_SECRET is not set")
        }
        print(
            try await UserToken.make(
                user: self.user, lifetime: self.ttl, secret: secret,
                issuer: Surroundings.variable("NOTIFI_SESSION_JWT_ISSUER"),
                audience: Surroundings.variable("NOTIFI_SESSION_JWT_AUDIENCE")))
    }
}

/// A time on the command line: a whole number and a unit.
enum Lifetime {
    private static let secondsPerUnit: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    /// - Throws: `ValidationError` for what is no such time, or not from a second to a year.
    static func read(_ text: String) throws -> Duration {
        guard let unit = text.last, let seconds = Self.secondsPerUnit[unit], let count = Int64(text.dropLast()),
            (1...31_536_000).contains(count), count * seconds <= 31_536_000
        else { throw ValidationError("'\(text)' is no time like 90s, 15m, 12h or 30d, of at most 365d") }
        return .seconds(count * seconds)
    }
}
