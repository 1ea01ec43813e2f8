import Notifications
import Synchronization

/// Where the shards wait, and where the listener wakes them.
///
/// A wake-up that comes while a shard is claiming is kept until it waits, so that none is lost in between.
final class WakeUps: Sendable {
    private struct Shard {
        var earliest: Instant?
        var waiting: AsyncStream<Void>.Continuation?
    }

    private let shards = Mutex<[Int32: Shard]>([:])

    /// Something of this shard is due at this time.
    func wake(_ shard: Int32, for dueAt: Instant) {
        self.shards.withLock { shards in
            let earliest = shards[shard]?.earliest
            shards[shard, default: Shard()].earliest = earliest.map { min($0, dueAt) } ?? dueAt
            shards[shard]?.waiting?.finish()
        }
    }

    /// Takes a wake-up that came while the shard was busy, without waiting for one.
    func take(_ shard: Int32) -> Instant? {
        self.shards.withLock { shards in
            defer { shards[shard]?.earliest = nil }
            return shards[shard]?.earliest
        }
    }

    /// Waits until this shard is woken, or for so long.
    ///
    /// - Returns: what it was woken for; `nil` where the time was over. Cancelling ends the wait early.
    func wait(_ shard: Int32, microseconds: Int64) async -> Instant? {
        let (woken, continuation) = AsyncStream.makeStream(of: Void.self)
        let isWoken = self.shards.withLock { shards in
            shards[shard, default: Shard()].waiting = continuation
            return shards[shard]?.earliest != nil
        }
        if !isWoken {
            await withTaskGroup { group in
                group.addTask { for await _ in woken {} }
                // Cancelled when the wake-up was faster; then nothing is left to wait for.
                group.addTask { try? await Task.sleep(for: .microseconds(microseconds), tolerance: .zero) }
                await group.next()
                group.cancelAll()
            }
        }
        return self.shards.withLock { shards in
            defer { shards[shard] = Shard() }
            return shards[shard]?.earliest
        }
    }
}
