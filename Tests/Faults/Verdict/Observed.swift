import Notifications

/// All that one run asked for, was answered and saw. The verdict is drawn from this alone.
///
/// Times are those of this machine's clock, taken before a request began or after its answer had come.
struct Observed: Sendable {
    var sends: [Send] = []
    var cancels: [Cancel] = []
    var moves: [Move] = []
    var marks: [Mark] = []
    /// By id, whatever was ever shown to its owner.
    var sightings: [String: Sighting] = [:]
    /// Answers to readers that are wrong in themselves.
    var pageFaults: [String] = []

    /// Daemons that ended by themselves, or otherwise than by exit code 0 within 20 s when they were told to.
    var badEnds: [String] = []
    /// What was done to the installation.
    var injected: [Injected] = []
    /// Confirmed or shown when all was quiet, and not what is there.
    var stale: [String] = []
    /// So many dead letters there are.
    var deadLetters = 0

    /// An outcome that P4 does not allow.
    static let bareRefusal = "503 without Retry-After"

    // What was found when all was quiet.
    var rows: [Row] = []
    /// By id, of all that was accepted.
    var trails: [String: Trail] = [:]
    /// By user, as each replica of the API shows it.
    var inboxes: [String: [Inbox]] = [:]
    /// What did not come to rest in time.
    var unrest: [String] = []

    /// One notification that was asked for, once or, under a key, several times. Its message is its own alone.
    struct Send: Sendable {
        let user: String
        let message: String
        var key: String?
        var schedule: Instant?
        var attempts: [Attempt] = []
    }

    struct Injected: Sendable {
        let kind: FaultKind
        let began: Instant
        let ended: Instant

        init(_ kind: FaultKind, _ began: Instant, _ ended: Instant) {
            self.kind = kind
            self.began = began
            self.ended = ended
        }
    }

    struct Attempt: Sendable {
        let began: Instant
        let ended: Instant
        let outcome: Outcome
        /// Which replica of the API was asked, from 1.
        var door = 1
    }

    enum Outcome: Sendable, Equatable {
        /// 202, with this id.
        case accepted(String)
        /// Nothing was taken.
        case refused(String)
        /// No answer, or a 5xx: it may have been taken, or not.
        case unknown(String)
    }

    struct Cancel: Sendable {
        let id: String
        let began: Instant
        let ended: Instant
        /// `cancelled` or `recalled`; `nil` where nobody knows.
        let answer: String?
        /// `nil` where there was no answer.
        var status: Int?
    }

    struct Move: Sendable {
        let id: String
        let to: Instant
        /// `nil` where nobody knows.
        let isMoved: Bool?
        /// `nil` where there was no answer.
        var status: Int?
    }

    struct Mark: Sendable {
        enum What: Sendable, Hashable {
            case read(String)
            case archived(String)
            /// Everything up to this number.
            case readAll(upTo: Int64)
        }

        let user: String
        let what: What
        /// `nil` where nobody knows.
        let isMarked: Bool?
        /// `nil` where there was no answer.
        var status: Int?
    }

    struct Sighting: Sendable {
        let user: String
        /// When the answer that first showed it was there.
        let firstAt: Instant
        /// When the latest request that still showed it began.
        var lastAskedAt: Instant
    }

    /// A row of the table `inbox`.
    struct Row: Sendable {
        let id: String
        let user: String
        let message: String
        var state = "delivered"
        var seq: Int64
        var isScheduled = false
        var due: Instant
        var claimed: Instant?
        var delivered: Instant
        var isRead = false
        var isArchived = false
        /// A tombstone hides it.
        var isHidden = false
    }

    struct Trail: Sendable {
        /// `nil` where the API knows nothing of it.
        let state: String?
        var events: [String] = []
    }

    struct Inbox: Sendable {
        /// All that is unread, as the API shows it.
        var unread: [String]
        /// What the API counts, where it does.
        var count: Int?
    }
}

extension Observed.Send {
    var acceptedIDs: Set<String> {
        Set(self.attempts.compactMap { if case .accepted(let id) = $0.outcome { id } else { nil } })
    }

    /// When its sender first knew that it was accepted.
    var acceptedAt: Instant? {
        self.attempts.first { if case .accepted = $0.outcome { true } else { false } }?.ended
    }

    /// Nothing of it may be anywhere.
    var isRefused: Bool { self.attempts.allSatisfy { if case .refused = $0.outcome { true } else { false } } }
}
