import Foundation
import Glibc
import UnixSignals

/// Does what ``Supervision`` decides: runs the daemons as processes of their own, and what they stand on.
struct Supervisor: Sendable {
    let plan: UpPlan
    let folder: StateFolder
    /// The folder of the daemons' programs.
    let programs: String
    let console: Console

    /// How long a daemon gets between SIGTERM and SIGKILL. It promises to need at most 10 s.
    private static let grace = Duration.seconds(12)
    /// How long a daemon gets from its start to being ready.
    private static let readyTimeout = Duration.seconds(60)

    private typealias Event = Supervision.Event

    /// Starts everything, waits until a signal or a mishap ends it, and stops everything.
    ///
    /// - Returns: the exit status.
    func run() async -> Int32 {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        // Whoever reads the output may go away first.
        _ = Glibc.signal(SIGPIPE, SIG_IGN)
        let backing = Backing(plan: self.plan, folder: self.folder, console: self.console)
        let (events, feed) = AsyncStream.makeStream(of: Event.self)
        let (backingCancelled, cancelBacking) = AsyncStream.makeStream(of: Never.self)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in signals {
                    feed.yield(.signal("\(signal)".uppercased()))
                }
            }
            group.addTask {
                feed.yield(await Self.start(backing, until: backingCancelled))
            }
            var supervision = Supervision(isBrokerEmbedded: self.plan.kafka == .embedded)
            for await event in events {
                self.keepRecords(of: event)
                for action in supervision.handle(event) {
                    switch action {
                    case .cancelBacking:
                        cancelBacking.finish()
                    case .startDaemons:
                        let started = await backing.started
                        for daemon in Daemon.allCases {
                            group.addTask { await self.run(daemon, started: started, feed: feed) }
                            group.addTask { await self.watch(daemon, feed: feed) }
                        }
                        if self.plan.postgres == .embedded {
                            group.addTask {
                                await backing.postgresEnded()
                                feed.yield(.postgresEnded)
                            }
                        }
                        self.console.say("Starting \(Daemon.allCases.map(\.executable).joined(separator: ", "))")
                    case .announce(let ports):
                        do {
                            try Announcement(
                                plan: self.plan, folder: self.folder, started: await backing.started, ports: ports
                            ).make(on: self.console)
                        } catch {
                            self.console.say("\(self.folder.environmentFile) could not be written: \(error)")
                        }
                    case .say(let text):
                        self.console.say(text)
                    case .fail(let text):
                        self.console.say("ERROR: \(text)")
                    case .terminate(let daemon, let pid):
                        self.console.say("Stopping \(daemon.executable)")
                        kill(pid, SIGTERM)
                        group.addTask {
                            // Cancelled when all is over.
                            guard (try? await Task.sleep(for: Self.grace)) != nil else { return }
                            feed.yield(.overdue(daemon))
                        }
                    case .kill(_, let pid):
                        kill(pid, SIGKILL)
                    case .drain(let daemon, let patiently):
                        group.addTask {
                            feed.yield(.drained(daemon, left: await backing.drain(daemon, patiently: patiently)))
                        }
                    case .stopBacking:
                        group.addTask {
                            await backing.stop()
                            feed.yield(.backingStopped)
                        }
                    case .finish(let status):
                        self.console.say(status == 0 ? "Stopped" : "Stopped, with status \(status)")
                        group.cancelAll()
                        return status
                    }
                }
            }
            return 1
        }
    }

    private static func start(_ backing: Backing, until cancelled: AsyncStream<Never>) async -> Event {
        await withTaskGroup(of: Event?.self) { group in
            group.addTask {
                do {
                    try await backing.start()
                    return .backingStarted
                } catch {
                    return .backingFailed("\(error)")
                }
            }
            group.addTask {
                for await _ in cancelled {}
                return nil
            }
            while let event = await group.next() {
                group.cancelAll()
                if let event {
                    return event
                }
            }
            return .backingFailed("cancelled")
        }
    }

    private func run(_ daemon: Daemon, started: Backing.Started, feed: AsyncStream<Event>.Continuation) async {
        let run = DaemonRun(
            daemon: daemon, programs: self.programs,
            environment: self.plan.environment(
                of: daemon, connections: started.connections, sessionSecret: started.secrets.sessionSecret,
                readyFile: self.folder.readyFile(of: daemon), auditFile: self.folder.auditFile))
        let status = await run.run(
            onStart: { feed.yield(.started(daemon, pid: $0)) }, onLine: { self.console.show($0, of: daemon) })
        feed.yield(.exited(daemon, status: status))
    }

    private func watch(_ daemon: Daemon, feed: AsyncStream<Event>.Continuation) async {
        do {
            let readiness = Readiness(readyFile: self.folder.readyFile(of: daemon), timeout: Self.readyTimeout)
            switch try await readiness.wait() {
            case .ready(let ports):
                self.console.say("\(daemon.executable) is ready")
                feed.yield(.ready(daemon, ports))
            case .late(let reason):
                feed.yield(.notReady(daemon, reason: reason))
            }
        } catch is CancellationError {
            // All is over.
        } catch {
            feed.yield(.notReady(daemon, reason: "\(error)"))
        }
    }

    /// Keeps `run/` true, for the next `up` to find what a SIGKILL of this one would leave.
    private func keepRecords(of event: Event) {
        let leftovers = Leftovers(folder: self.folder)
        do {
            switch event {
            case .started(let daemon, let pid): try leftovers.record(daemon, pid: pid)
            case .exited(let daemon, _): try leftovers.forget(daemon)
            default: break
            }
        } catch {
            self.console.say("\(self.folder.run) could not be written: \(error)")
        }
    }
}
