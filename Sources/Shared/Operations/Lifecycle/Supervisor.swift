import Dispatch
import Glibc
import Logging
import ServiceLifecycle
import Synchronization

/// What may end a daemon.
enum StopCause: Sendable, Equatable {
    /// SIGTERM.
    case terminate
    /// SIGINT; the second one hastens.
    case interrupt
    /// A service threw, or returned before it was asked to.
    case failure
}

/// Runs the services of a daemon until something ends it, then lets them drain for a bounded time.
struct Supervisor: Sendable {
    let logger: Logger
    let health: Health
    let readiness: Readiness
    /// After this the services are cancelled. Leaves them a moment within the ten seconds that were promised.
    var drainLimit: Duration = .milliseconds(9_500)
    /// After this much more the process ends, whatever still runs.
    var cancelLimit: Duration = .milliseconds(400)
    /// Ends the process at once; replaced in tests.
    var abandon: @Sendable () -> Void = { _exit(1) }

    private enum Event: Sendable {
        case ended(failed: Bool)
        case overdue
        case hastened
        case watched
    }

    /// - Parameters:
    ///   - services: started in this order, stopped in the reverse one.
    ///   - causes: signals.
    /// - Returns: the exit code: 0 after an orderly end, else 1.
    func run(_ services: [any Service], causes: AsyncStream<StopCause>) async -> Int32 {
        let (failures, failure) = AsyncStream.makeStream(of: StopCause.self)
        let drain = DrainState()
        let group = ServiceGroup(configuration: self.configuration(services, drain: drain, failure: failure))
        self.readiness.expect(services: services.count)
        let (drains, drainBegun) = AsyncStream.makeStream(of: Void.self)
        let watchdog = Watchdog {
            self.logger.error("what still runs does not react to being cancelled; the process ends without it")
            self.abandon()
        }

        let code = await withTaskGroup(of: Event.self, returning: Int32.self) { tasks in
            tasks.addTask {
                do {
                    try await group.run()
                    return .ended(failed: false)
                } catch {
                    return .ended(failed: true)
                }
            }
            for stream in [causes, failures] {
                tasks.addTask {
                    for await cause in stream {
                        guard drain.begin() else {
                            if cause == .interrupt { return .hastened }
                            continue
                        }
                        self.health.beginDraining()
                        self.readiness.stop()
                        self.logger.info("stopping", metadata: ["cause": "\(cause)"])
                        watchdog.arm(after: self.drainLimit + self.cancelLimit)
                        drainBegun.yield()
                        await group.triggerGracefulShutdown()
                    }
                    return .watched
                }
            }
            tasks.addTask {
                for await _ in drains {
                    do { try await Task.sleep(for: self.drainLimit) } catch { return .watched }
                    return .overdue
                }
                return .watched
            }
            return await self.outcome(of: &tasks, watchdog: watchdog)
        }
        watchdog.disarm()
        if code == 0 {
            self.logger.info("stopped")
        }
        return code
    }

    private func outcome(of tasks: inout TaskGroup<Event>, watchdog: Watchdog) async -> Int32 {
        var code: Int32 = 0
        while let event = await tasks.next() {
            switch event {
            case .watched:
                continue
            case .ended(let failed):
                tasks.cancelAll()
                return failed ? 1 : code
            case .overdue where code == 0:
                self.logger.error("not everything had stopped within \(self.drainLimit); the rest is cancelled")
            case .hastened where code == 0:
                self.logger.error("interrupted again: what still runs is cancelled")
            case .overdue, .hastened:
                continue
            }
            code = 1
            watchdog.arm(after: self.cancelLimit)
            tasks.cancelAll()
        }
        return code
    }

    private func configuration(
        _ services: [any Service], drain: DrainState, failure: AsyncStream<StopCause>.Continuation
    ) -> ServiceGroupConfiguration {
        var logger = self.logger
        // What the group says about failures is said below, in one line each.
        logger.logLevel = .critical
        return ServiceGroupConfiguration(
            services: services.map { service in
                ServiceGroupConfiguration.ServiceConfiguration(
                    service: SupervisedService(
                        service: service, logger: self.logger, readiness: self.readiness, drain: drain,
                        failure: failure),
                    successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup,
                    serviceName: SupervisedService.name(of: service))
            }, logger: logger)
    }
}

/// Whether the daemon is on its way down.
private final class DrainState: Sendable {
    private let begun = Atomic(false)

    var hasBegun: Bool { self.begun.load(ordering: .acquiring) }

    /// - Returns: whether this call began it.
    func begin() -> Bool {
        self.begun.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    }
}

/// A service with one clear line for its failure.
private struct SupervisedService: Service {
    let service: any Service
    let logger: Logger
    let readiness: Readiness
    let drain: DrainState
    let failure: AsyncStream<StopCause>.Continuation

    struct EndedTooSoon: Error {}

    static func name(of service: any Service) -> String {
        (service as? BackgroundService)?.name ?? "\(type(of: service))"
    }

    func run() async throws {
        let name = Self.name(of: self.service)
        self.readiness.serviceStarted()
        do {
            try await self.service.run()
        } catch {
            if !Task.isCancelled {
                self.logger.error("\(name) failed", error: error)
                self.failure.yield(.failure)
            }
            throw error
        }
        guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
        if self.drain.hasBegun {
            // The group takes a service that ends before its turn for a fault, and cancels all others.
            try? await gracefulShutdown()
        } else {
            self.logger.error("\(name) ended although nobody had asked it to")
            self.failure.yield(.failure)
            throw EndedTooSoon()
        }
    }
}

/// Ends the process at a given time, on a thread of its own: it works also where all others are stuck.
private final class Watchdog: Sendable {
    private let abandon: @Sendable () -> Void
    private let generation = Atomic(0)

    init(_ abandon: @escaping @Sendable () -> Void) {
        self.abandon = abandon
    }

    /// Replaces what was armed before.
    func arm(after delay: Duration) {
        let mine = self.generation.add(1, ordering: .relaxed).newValue
        let milliseconds = delay.components.seconds * 1_000 + delay.components.attoseconds / 1_000_000_000_000_000
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(milliseconds))) {
            if self.generation.load(ordering: .relaxed) == mine {
                self.abandon()
            }
        }
    }

    func disarm() {
        self.generation.add(1, ordering: .relaxed)
    }
}
