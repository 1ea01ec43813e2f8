import Foundation

/// A serial executor over one dedicated operating system thread, for actors that call blocking C functions.
///
/// A blocking call on Swift's cooperative pool would stop timers and cancellation for everybody; here it stops nobody
/// but the actor itself. An actor uses it so:
///
/// ```swift
/// actor Connection {
///     private let executor = BlockingExecutor(name: "connection")
///     nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }
/// }
/// ```
///
/// The actor must hold the executor strongly, since `UnownedSerialExecutor` does not. The thread ends by itself once
/// the executor is released and every job that was enqueued has run: nothing has to be shut down, and no job is
/// dropped.
public final class BlockingExecutor: SerialExecutor {
    /// The name that the thread bears, as given. The operating system shows its first 15 bytes.
    public let name: String

    private let queue = JobQueue()

    /// Starts the thread.
    ///
    /// - Parameter name: Name of the thread, for debuggers and `ps -L`.
    public init(name: String) {
        self.name = name
        let shortName = String(decoding: name.utf8.prefix(15), as: UTF8.self)
        let thread = Thread { [queue = self.queue] in
            // Only from within does the system get to know it.
            Thread.current.name = shortName
            while let entry = queue.next() {
                unsafe entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
            }
        }
        thread.start()
    }

    deinit {
        // A queued job retains its executor, so nothing is left in the queue here. This may run on the thread itself
        // (the last job released the actor), which is why nobody joins it.
        self.queue.end()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        self.queue.append(JobQueue.Entry(job: UnownedJob(job), executor: self))
    }

    @safe
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }
}
