import Foundation

/// What `notifi up` makes up once and then keeps, so that links and scripts go on working after a restart.
struct DemoSecrets: Sendable, Codable, Equatable {
    /// Signs the sessions of people (HS256).
    var sessionSecret: String
    /// The demo service's token; `nil` until it was made.
    var serviceToken: String?

    static func make() -> Self {
        Self(sessionSecret: RandomText.make(), serviceToken: nil)
    }

    /// Those of the folder, or new ones that are kept there.
    ///
    /// - Throws: where the file is there but unusable; it is not overwritten.
    static func load(from folder: StateFolder) throws -> Self {
        guard let text = try StateFolder.read(folder.secretsFile) else {
            let made = Self.make()
            try made.save(to: folder)
            return made
        }
        do {
            return try JSONDecoder().decode(Self.self, from: Data(text.utf8))
        } catch {
            throw UpFailure("\(folder.secretsFile) cannot be read as JSON; mend or remove it")
        }
    }

    func save(to folder: StateFolder) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let text = String(decoding: try encoder.encode(self), as: UTF8.self)
        try StateFolder.writePrivately(text + "\n", to: folder.secretsFile)
    }
}

/// Random texts that nobody can guess.
enum RandomText {
    /// 32 bytes of the system's generator, as 64 hexadecimal digits.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// Why `notifi up` cannot go on: one line for people.
struct UpFailure: Error, CustomStringConvertible, Equatable {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
