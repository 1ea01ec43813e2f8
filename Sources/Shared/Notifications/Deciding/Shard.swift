extension NotificationID {
    /// The outbox shard of this id, 0 to `count - 1`: FNV-1a (64 bit) over its bytes, which also spreads UUIDv7s of the
    /// same millisecond.
    public func shard(of count: Int32) -> Int32 {
        precondition(count > 0)
        let hash = self.bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Int32(hash % UInt64(count))
    }
}
