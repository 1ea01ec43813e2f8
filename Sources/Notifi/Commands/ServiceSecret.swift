import Crypto

/// A bearer token of a service: shown once, and stored as its hash alone.
struct ServiceSecret: Sendable {
    let text: String

    /// A new one. The prefix lets scanners for leaked secrets know it.
    static func make() -> Self {
        Self(text: "notifi_" + RandomText.make())
    }

    /// SHA-256 of the text.
    var hash: [UInt8] { Array(SHA256.hash(data: Array(self.text.utf8))) }
}
