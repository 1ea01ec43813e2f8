import NIOCore
import NIOPosix
import Synchronization

/// A wire between one daemon and Postgres that can be slow, silent or cut.
final class WireProxy: Sendable {
    enum Mode: Sendable, Equatable {
        case open
        /// Each piece of data is held up for so long.
        case slow(Duration)
        /// Nothing gets through, and nobody is told.
        case silent
        /// Connections are closed, new ones as soon as they are made.
        case cut
    }

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private struct State {
        var mode = Mode.open
        var number = 0
        var ends: [Int: [any Channel]] = [:]
    }

    let port: Int
    private let target: Int
    private let server: NIOAsyncChannel<Connection, Never>
    private let state = Mutex(State())

    /// Listens on a free port of this machine.
    ///
    /// - Parameter target: the port of this machine that is behind it.
    init(to target: Int) async throws {
        self.target = target
        self.server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
            }
        self.port = self.server.channel.localAddress?.port ?? 0
    }

    var mode: Mode { self.state.withLock { $0.mode } }

    func set(_ mode: Mode) {
        let ends = self.state.withLock { state in
            state.mode = mode
            return mode == .cut ? state.ends.values.flatMap(\.self) : []
        }
        for end in ends { end.close(promise: nil) }
    }

    /// Serves until cancelled.
    func run() async throws {
        try await self.server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await client in connections { group.addTask { await self.serve(client) } }
            }
        }
    }

    private func serve(_ client: Connection) async {
        // Whatever breaks, breaks the connection, which is what a daemon then sees.
        do {
            try await client.executeThenClose { input, output in
                guard self.mode != .cut else { return }
                let behind = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(host: "127.0.0.1", port: self.target) { channel in
                        channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
                    }
                try await behind.executeThenClose { answers, questions in
                    let number = self.remember([client.channel, behind.channel])
                    defer { self.forget(number) }
                    // Whoever cut it meanwhile did not know of these yet.
                    guard self.mode != .cut else { return }
                    await withTaskGroup { group in
                        group.addTask { await self.copy(input, to: questions) }
                        group.addTask { await self.copy(answers, to: output) }
                        await group.next()
                        group.cancelAll()
                    }
                }
            }
        } catch {}
    }

    private func copy(
        _ input: NIOAsyncChannelInboundStream<ByteBuffer>, to output: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async {
        do {
            for try await piece in input {
                try await self.holdUp()
                try await output.write(piece)
            }
        } catch {}
    }

    private func holdUp() async throws {
        while self.mode == .silent { try await Task.sleep(for: .milliseconds(20)) }
        if case .slow(let pause) = self.mode { try await Task.sleep(for: pause) }
    }

    private func remember(_ ends: [any Channel]) -> Int {
        self.state.withLock { state in
            state.number += 1
            state.ends[state.number] = ends
            return state.number
        }
    }

    private func forget(_ number: Int) {
        self.state.withLock { $0.ends[number] = nil }
    }
}
