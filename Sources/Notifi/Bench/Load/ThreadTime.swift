import Foundation

/// The processor time of a thread.
struct ThreadTime: Sendable, Equatable {
    let nanoseconds: Int64

    /// Of the thread that asks; `nil` where this Linux does not tell.
    static func ofThisThread() -> ThreadTime? {
        (try? String(contentsOfFile: "/proc/thread-self/schedstat", encoding: .utf8)).flatMap(ThreadTime.init)
    }

    /// - Parameter schedstat: nanoseconds on a core, nanoseconds waiting for one, time slices (the kernel's
    ///   Documentation/scheduler/sched-stats).
    init?(schedstat: String) {
        guard let first = schedstat.split(whereSeparator: \.isWhitespace).first, let nanoseconds = Int64(first),
            nanoseconds >= 0
        else { return nil }
        self.nanoseconds = nanoseconds
    }
}
