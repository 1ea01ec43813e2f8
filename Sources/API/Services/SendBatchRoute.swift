import FoundationEssentials
import HTTPTypes
import Hummingbird
import Notifications
import Operations
import Store

/// `POST /api/notifications/batch`: up to 1,000, as a JSON array or as NDJSON; an answer for each, in order.
///
/// Each stands for itself: a faulty one does not keep the others from being accepted. Its `Idempotency-Key` is the
/// member `idempotency_key`.
struct SendBatchRoute: Sendable {
    static let largestBody = 8 * 1_024 * 1_024
    private static let lines = "application/x-ndjson"

    let access: ServiceAccess
    let accepting: Accepting
    let gate: Gate

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let token = try self.access.identify(.send, by: request.headers[.authorization], noting: context.notes)
        return try await self.gate.admit(request.expectedSize(limit: Self.largestBody)) {
            try await self.send(request, context, by: token)
        }
    }

    private func send(_ request: Request, _ context: APIContext, by token: ServiceToken) async throws -> Response {
        let items: [Result<Accepting.Item, Problem>]
        do {
            items = try await Self.items(of: request)
        } catch {
            // What is no batch counts too, or sending that would know no limit.
            try self.access.spend(1, of: token, noting: context.notes)
            throw error
        }
        try self.access.spend(items.count, of: token, noting: context.notes)
        let checked = self.check(items, from: token, trace: context.trace)
        let good = checked.compactMap { try? $0.get() }
        let outcomes = try await self.accepting.publish(good, from: token)
        // Nothing of it was taken: the same answer as for a single one. But the limit of a user concerns only their items.
        let problems = outcomes.compactMap { $0 }
        if problems.count == good.count, let problem = problems.first(where: { $0.code != UserLimit.code }) {
            throw problem
        }
        for problem in checked.compactMap(\.failure) + outcomes.compactMap(\.self) {
            self.accepting.deeds.metrics.countRefusal(problem.code, of: token.serviceName)
        }
        var published = outcomes.makeIterator()
        let results = checked.map { item -> Result<Notification, Problem> in
            guard case .success = item, let problem = published.next().flatMap({ $0 }) else { return item }
            return .failure(problem)
        }
        return Response(Answer(.ok, json: try AcceptedText.json(results)))
    }

    /// Items of one batch are accepted in their order, a microsecond of the clock for all.
    private func check(
        _ items: [Result<Accepting.Item, Problem>], from token: ServiceToken, trace: TraceContext
    ) -> [Result<Notification, Problem>] {
        let now = Instant.now
        return items.map { item in
            item.flatMap { item in
                do {
                    return .success(try self.accepting.check(item, from: token, trace: trace, at: now))
                } catch {
                    return .failure(error as? Problem ?? Problem.invalidJSON("\(error)"))
                }
            }
        }
    }

    /// - Throws: `Problem`: where it is no batch, or an empty one.
    private static func items(of request: Request) async throws -> [Result<Accepting.Item, Problem>] {
        let body = try await request.bytes(limit: Self.largestBody, types: [MediaType.json, Self.lines])
        let items = request.isOfType(Self.lines) ? try Self.items(lines: body) : try Self.items(array: body)
        guard !items.isEmpty else { throw Problem.invalid(Faults([Fault("", .empty, "the batch is empty")])) }
        return items
    }

    static func items(array body: Data) throws -> [Result<Accepting.Item, Problem>] {
        guard JSONExtent(of: body).elements <= Draft.Limit.batch else { throw Self.tooMany }
        guard case .array(let elements) = try JSONValue(body: [UInt8](body)) else {
            throw Problem.invalid(Faults([Fault("", .wrongType, "a batch is an array of notifications")]))
        }
        return elements.map(Self.item)
    }

    static func items(lines body: Data) throws -> [Result<Accepting.Item, Problem>] {
        let lines = body.split(separator: UInt8(ascii: "\n")).filter { !$0.allSatisfy { $0 == 0x20 || $0 == 0x0D } }
        guard lines.count <= Draft.Limit.batch else { throw Self.tooMany }
        return lines.map { line in
            do {
                return Self.item(try JSONValue(body: [UInt8](line)))
            } catch {
                return .failure(error as? Problem ?? .invalidJSON("the line is not JSON"))
            }
        }
    }

    private static let tooMany = Problem.invalid(
        Faults([Fault("", .tooMany, "at most \(Draft.Limit.batch) in a batch")]))

    private static func item(_ json: JSONValue) -> Result<Accepting.Item, Problem> {
        guard case .object(var members) = json else { return .success(Accepting.Item(json: json, key: nil)) }
        switch members.removeValue(forKey: "idempotency_key") {
        case nil, .null: return .success(Accepting.Item(json: .object(members), key: nil))
        case .string(let key): return .success(Accepting.Item(json: .object(members), key: key))
        case .some:
            return .failure(.invalid(Faults([Fault("/idempotency_key", .wrongType, "must be a string")])))
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
