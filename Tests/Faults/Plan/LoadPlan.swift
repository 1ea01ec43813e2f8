import TestSupport

/// What is sent, moved, cancelled and marked in one run, and when: drawn from the seed alone.
///
/// Requests for one user are made one after the other, but for the batches, which go to several users at once.
struct LoadPlan: Sendable, Equatable {
    /// For so long requests are begun.
    static let span: Duration = .seconds(10)
    /// Nothing is due later than this after the beginning, whatever it is moved to.
    static let lastDue: Duration = .seconds(15)

    /// One notification that is asked for, once or, under its key, several times.
    struct Wish: Sendable, Equatable {
        /// Its place in the plan, and in its message.
        let number: Int
        let user: Int
        var hasKey = false
        /// Under a key it is posted until it is accepted; and then so many times more.
        var duplicates = 0
        /// When it is due, after the beginning; `nil` for at once.
        var due: Duration?
        var fate: Fate = .none
    }

    /// What its sender does with it later.
    enum Fate: Sendable, Equatable {
        case none
        /// So long after it is due (or, where it is immediate, accepted); before that where it is negative.
        case cancel(after: Duration)
        /// At this time, to that one.
        case move(at: Duration, to: Duration)
    }

    struct Step: Sendable, Equatable {
        let at: Duration
        /// More than one make a batch.
        let wishes: [Wish]
    }

    /// One for each user, and one for the batches.
    let lanes: [[Step]]

    var wishes: [Wish] { self.lanes.flatMap { $0.flatMap(\.wishes) } }

    init(seed: UInt64, users: Int) {
        var drawing = Drawing(random: SeededGenerator(seed: seed, stream: 1))
        var lanes: [[Step]] = []
        for user in 0..<users {
            let times = drawing.times(count: .random(in: 16...24, using: &drawing.random))
            lanes.append(times.map { Step(at: $0, wishes: [drawing.wish(for: user, at: $0)]) })
        }
        lanes.append(
            drawing.times(count: 6).map { time in
                let count = Int.random(in: 5...25, using: &drawing.random)
                return Step(
                    at: time,
                    wishes: (0..<count).map { _ in
                        drawing.wish(for: .random(in: 0..<users, using: &drawing.random), at: time)
                    })
            })
        self.lanes = lanes
    }

    private struct Drawing {
        var random: SeededGenerator
        private var count = 0

        init(random: SeededGenerator) {
            self.random = random
        }

        mutating func times(count: Int) -> [Duration] {
            (0..<count).map { _ in self.milliseconds(0...Int(LoadPlan.span / .milliseconds(1))) }.sorted()
        }

        mutating func wish(for user: Int, at time: Duration) -> Wish {
            var wish = Wish(number: self.count, user: user)
            self.count += 1
            wish.hasKey = self.random.chance(40)
            if wish.hasKey, self.random.chance(40) { wish.duplicates = .random(in: 1...2, using: &self.random) }
            if self.random.chance(35) {
                let due = time + self.milliseconds(800...5_000)
                // Many fall due at the same moment.
                wish.due = self.random.chance(30) ? .seconds(due.components.seconds + 1) : due
            }
            wish.fate = self.fate(of: wish, at: time)
            return wish
        }

        private mutating func fate(of wish: Wish, at time: Duration) -> Fate {
            guard let due = wish.due else {
                return self.random.chance(10) ? .cancel(after: self.milliseconds(0...600)) : .none
            }
            switch Int.random(in: 0..<100, using: &self.random) {
            case ..<40: return .cancel(after: self.milliseconds(-400...600))
            case ..<60:
                let to = min(LoadPlan.lastDue, due + self.milliseconds(-1_500...3_000))
                return .move(at: due - self.milliseconds(0...700), to: max(to, time + .milliseconds(900)))
            default: return .none
            }
        }

        private mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
            .milliseconds(Int.random(in: range, using: &self.random))
        }
    }
}
