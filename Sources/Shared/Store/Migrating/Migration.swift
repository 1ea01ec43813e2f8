/// One step of the schema, embedded in the binary.
struct Migration: Sendable, Hashable {
    let number: Int32
    let name: String
    let sql: String

    /// In the order in which they run. A new one is added at the end, here and as a file in `Migrations/`; what has been
    /// released is never edited.
    static let all: [Migration] = [
        Migration(1, "services", PackageResources.M0001_services_sql),
        Migration(2, "pipeline", PackageResources.M0002_pipeline_sql),
        Migration(3, "people", PackageResources.M0003_people_sql),
        Migration(4, "retention", PackageResources.M0004_retention_sql),
        Migration(5, "dead_letters", PackageResources.M0005_dead_letters_sql),
        Migration(6, "outbox_order", PackageResources.M0006_outbox_order_sql),
    ]

    init(_ number: Int32, _ name: String, _ bytes: [UInt8]) {
        self.number = number
        self.name = name
        self.sql = String(decoding: bytes, as: UTF8.self)
    }

    /// FNV-1a (64 bit) of the text, which tells an edited migration from the one that ran.
    var checksum: Int64 {
        Int64(
            bitPattern: self.sql.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    }
}
