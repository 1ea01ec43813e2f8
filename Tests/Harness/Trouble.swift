import Synchronization
import Testing

/// Counts failed expectations, so that logs are shown only where something went wrong.
enum Trouble {
    private static let noted = Mutex(0)

    static var count: Int { Self.noted.withLock { $0 } }

    static func note() {
        Self.noted.withLock { $0 += 1 }
    }
}

extension Trait where Self == IssueHandlingTrait {
    static var notingTrouble: Self {
        .compactMapIssues { issue in
            Trouble.note()
            return issue
        }
    }
}
