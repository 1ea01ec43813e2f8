import Crypto

/// Stands for a user in memory: the first half of the SHA-256 of the id, so that every entry takes the same few bytes.
///
/// Users are told apart by their bytes, as Postgres and Kafka do: to Swift two spellings of "é" are the same string.
struct UserKey: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    init(_ userID: String) {
        self.init(bytes: Array(userID.utf8))
    }

    /// The first 48 bits in base64url (RFC 4648 section 5).
    var tag: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let letters = (0..<8).map { alphabet[Int(self.high >> UInt64(58 - 6 * $0) & 63)] }
        return String(decoding: letters, as: UTF8.self)
    }

    init(bytes: [UInt8]) {
        let digest = SHA256.hash(data: bytes)
        self.high = digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        self.low = digest.dropFirst(8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
