/// What became of the notifications of a load, each known by its number.
///
/// A sum is not enough: what arrived although its POST was never answered would stand in for what was lost.
struct Reckoning: Sendable, Equatable {
    /// Accepted, and not there.
    let lost: Int
    /// There more than once, each beyond its first.
    let doubled: Int

    /// - Parameters:
    ///   - accepted: the numbers of the POSTs that were answered by 202.
    ///   - arrived: the numbers found in the inboxes, one a row.
    init(accepted: some Sequence<Int>, arrived: some Collection<Int>) {
        let there = Set(arrived)
        self.lost = Set(accepted).subtracting(there).count
        self.doubled = arrived.count - there.count
    }
}
