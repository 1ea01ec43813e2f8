/// Record values that nobody means well with: protobuf that is none, or that asks its reader for too much.
public enum HostileBytes {
    /// None of them is a notification.
    public static let unreadable: [(name: String, bytes: [UInt8])] = [
        ("nothing", []), ("zeros", [UInt8](repeating: 0, count: 100_000)),
        ("ones", [UInt8](repeating: 0xFF, count: 100_000)),
        ("a text of 2 GiB", [0x2A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07]),
        ("a text of 4 GiB", [0x2A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x61]),
        ("a text of 8 EiB", [0x2A] + [UInt8](repeating: 0xFF, count: 8) + [0x7F]),
        ("a text of 16 EiB", [0x2A] + [UInt8](repeating: 0xFF, count: 9) + [0x01]),
        ("a varint without end", [0x50] + [UInt8](repeating: 0x80, count: 10_000)),
        ("a varint of 11 bytes", [0x50] + [UInt8](repeating: 0xFF, count: 10) + [0x01]),
        ("a tag of 11 bytes", [UInt8](repeating: 0xFF, count: 10) + [0x01]),
        ("field number 0", [0x02, 0x01, 0x61]), ("wire type 6", [0x0E, 0x00]), ("wire type 7", [0x0F, 0x00]),
        ("a fixed64 that is cut off", [0xC1, 0x3E, 1, 2, 3]),
        ("UTF-8 that is cut off", [0x2A, 0x02, 0x61, 0xC3]), ("an overlong slash", [0x2A, 0x02, 0xC0, 0xAF]),
        ("half a surrogate", [0x2A, 0x03, 0xED, 0xA0, 0x80]), ("beyond Unicode", [0x2A, 0x04, 0xF4, 0x90, 0x80, 0x80]),
        ("groups that begin, and never end", Self.begin(100_000)),
        ("groups in groups", Self.begin(100_000) + Self.end(100_000)),
        ("groups within a known field's number", [UInt8](repeating: 0x2B, count: 100_000)),
        ("a group that ends and never began", Self.end(1)), ("a group that ends as another", [0xC3, 0x3E, 0xCC, 0x3E]),
        ("an id of a million bytes", [0x0A, 0xA0, 0xF7, 0x36] + [UInt8](repeating: 1, count: 900_000)),
        ("a field a hundred thousand times", (0..<100_000).flatMap { _ in [0x58, 0x01] as [UInt8] }),
        ("JSON", Array("{\"user_id\":\"u\",\"message\":\"m\"}".utf8)),
        ("deep JSON", [UInt8](repeating: UInt8(ascii: "["), count: 500_000)),
    ]

    /// Field 1000, as groups: what a schema does not know may be nested too.
    private static func begin(_ depth: Int) -> [UInt8] { (0..<depth).flatMap { _ in [0xC3, 0x3E] as [UInt8] } }
    private static func end(_ depth: Int) -> [UInt8] { (0..<depth).flatMap { _ in [0xC4, 0x3E] as [UInt8] } }

    /// What is put behind good bytes, and may neither harm them nor be lost: groups in groups, as deep as may be read.
    public static func groups(depth: Int) -> [UInt8] { Self.begin(depth) + Self.end(depth) }
}
