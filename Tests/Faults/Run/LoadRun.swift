import Notifications

@testable import Harness

/// Asks an installation for what a plan says, and writes down every answer. Whatever goes wrong is an answer as well.
struct LoadRun: Sendable {
    let plan: LoadPlan
    /// Distinguishes its messages and keys from those of other runs.
    let mark: String
    let users: [String]
    /// The same service by each replica of the API.
    let doors: [SendingService]
    let beginning: Instant
    let observed: Shared<Observed>
    /// Lets a user, by number, look at their inbox by every way there is.
    let look: @Sendable (Int) async -> Void

    /// A key is good for this long; then its sender gives up.
    private static let insistence: Duration = .seconds(12)

    /// Returns when all of it is asked for and answered.
    func run() async {
        await withDiscardingTaskGroup { group in
            for lane in self.plan.lanes { group.addTask { await self.run(lane) } }
        }
    }

    private func run(_ lane: [LoadPlan.Step]) async {
        await withDiscardingTaskGroup { group in
            for step in lane {
                // Cancelled, the rest is not asked for.
                guard (try? await sleep(until: self.beginning + step.at)) != nil else { return }
                let accepted =
                    step.wishes.count == 1 ? await self.sendOne(step.wishes[0]) : await self.sendBatch(step.wishes)
                for (wish, id) in accepted where wish.fate != .none {
                    let acceptedAt = Instant.current
                    group.addTask { await self.meetFate(of: wish, id, acceptedAt: acceptedAt) }
                }
            }
        }
    }

    /// Any of them, by turns; its number begins at 1.
    private func door(_ turn: Int) -> (service: SendingService, number: Int) {
        let place = turn % self.doors.count
        return (self.doors[place], place + 1)
    }

    // MARK: Sending

    private func outgoing(_ wish: LoadPlan.Wish) -> Outgoing {
        Outgoing(
            to: self.users[wish.user], "\(wish.number) of \(self.mark)", at: wish.due.map { self.beginning + $0 },
            key: wish.hasKey ? "\(self.mark)/\(wish.number)" : nil)
    }

    private func send(_ wish: LoadPlan.Wish, _ attempts: [Observed.Attempt]) -> Observed.Send {
        let outgoing = self.outgoing(wish)
        return Observed.Send(
            user: outgoing.userID, message: outgoing.message, key: outgoing.idempotencyKey,
            schedule: wish.due.map { self.beginning + $0 }, attempts: attempts)
    }

    private func sendOne(_ wish: LoadPlan.Wish) async -> [(LoadPlan.Wish, String)] {
        var outgoing = self.outgoing(wish)
        let key = outgoing.idempotencyKey
        outgoing.idempotencyKey = nil
        var attempts: [Observed.Attempt] = []
        var left = 1 + wish.duplicates
        let end = ContinuousClock.now + Self.insistence
        if key != nil, wish.duplicates > 0, wish.number.isMultiple(of: 3) {
            // Two who race under one key, each at a door of their own.
            async let one = self.post(outgoing, key: key, by: self.door(wish.number))
            async let other = self.post(outgoing, key: key, by: self.door(wish.number + 1))
            attempts = await [one, other]
            left -= 1
        }
        while left > 0, !Task.isCancelled {
            let attempt = await self.post(outgoing, key: key, by: self.door(wish.number + attempts.count))
            attempts.append(attempt)
            if case .unknown = attempt.outcome, key != nil, ContinuousClock.now < end {
                try? await Task.sleep(for: .milliseconds(150))
            } else {
                left -= 1
            }
        }
        let send = self.send(wish, attempts)
        self.observed.change { $0.sends.append(send) }
        return send.acceptedIDs.map { (wish, $0) }
    }

    private func post(
        _ outgoing: Outgoing, key: String?, by door: (service: SendingService, number: Int)
    ) async -> Observed.Attempt {
        let began = Instant.current
        let outcome: Observed.Outcome
        do {
            let answer = try await door.service.post(outgoing, key: key)
            if answer.status == 202 {
                outcome = Self.accepted(answer)
            } else {
                let isBare = answer.status == 503 && answer.header("Retry-After") == nil
                outcome = isBare ? .unknown(Observed.bareRefusal) : Self.outcome(answer.status, answer.text)
            }
        } catch {
            outcome = .unknown("\(error)")
        }
        return Observed.Attempt(began: began, ended: .current, outcome: outcome, door: door.number)
    }

    private static func accepted(_ answer: HTTPAnswer) -> Observed.Outcome {
        do {
            return .accepted(try answer.decode(Record.self).id)
        } catch {
            return .refused("202, but \(error)")
        }
    }

    private func sendBatch(_ wishes: [LoadPlan.Wish]) async -> [(LoadPlan.Wish, String)] {
        let began = Instant.current
        let door = self.door(wishes[0].number)
        var outcomes = [Observed.Outcome](repeating: .refused("not said"), count: wishes.count)
        do {
            let answer = try await door.service.postBatch(wishes.map(self.outgoing))
            if answer.status == 200 {
                for (place, result) in try answer.decode(BatchAnswer.self).results.enumerated() {
                    outcomes[place] =
                        result.notification.map { .accepted($0.id) }
                        ?? Self.outcome(result.status, result.problem?.code ?? "")
                }
            } else {
                outcomes = outcomes.map { _ in Self.outcome(answer.status, answer.text) }
            }
        } catch {
            outcomes = outcomes.map { _ in .unknown("\(error)") }
        }
        let ended = Instant.current
        let sends = zip(wishes, outcomes).map { wish, outcome in
            (wish, self.send(wish, [.init(began: began, ended: ended, outcome: outcome, door: door.number)]))
        }
        self.observed.change { $0.sends += sends.map(\.1) }
        return sends.flatMap { wish, send in send.acceptedIDs.map { (wish, $0) } }
    }

    /// What an answer other than 202 tells.
    private static func outcome(_ status: Int, _ text: String) -> Observed.Outcome {
        (400..<500).contains(status) ? .refused("\(status) \(text)") : .unknown("\(status) \(text)")
    }

    // MARK: What comes later

    private func meetFate(of wish: LoadPlan.Wish, _ id: String, acceptedAt: Instant) async {
        do {
            switch wish.fate {
            case .none: break
            case .cancel(let after):
                try await sleep(until: (wish.due.map { self.beginning + $0 } ?? acceptedAt) + after)
                await self.cancel(id, turn: wish.number)
                await self.look(wish.user)
                if wish.hasKey, wish.number.isMultiple(of: 2) { await self.repeatCancelled(wish) }
            case .move(let at, let to):
                try await sleep(until: self.beginning + at)
                await self.move(id, to: self.beginning + to, turn: wish.number)
            }
        } catch {
            // Cancelled: it does not meet it.
        }
    }

    /// Under its key again: it stays cancelled.
    private func repeatCancelled(_ wish: LoadPlan.Wish) async {
        var outgoing = self.outgoing(wish)
        let key = outgoing.idempotencyKey
        outgoing.idempotencyKey = nil
        let attempt = await self.post(outgoing, key: key, by: self.door(wish.number + 1))
        self.observed.change { observed in
            for place in observed.sends.indices where observed.sends[place].message == outgoing.message {
                observed.sends[place].attempts.append(attempt)
            }
        }
    }

    /// Asks until it is answered; and, of every other one, once more.
    private func cancel(_ id: String, turn: Int) async {
        var answers = 0
        for attempt in 0..<8 where answers < 1 + turn % 2 {
            let began = Instant.current
            // Without an answer nobody knows.
            let answer = try? await self.door(turn + attempt).service.delete(id)
            let decision = answer?.status == 200 ? try? answer?.decode(CancelDecision.self).state : nil
            let cancel = Observed.Cancel(
                id: id, began: began, ended: .current, answer: decision, status: answer?.status)
            self.observed.change { $0.cancels.append(cancel) }
            if decision != nil { answers += 1 } else { try? await Task.sleep(for: .milliseconds(300)) }
        }
    }

    private func move(_ id: String, to schedule: Instant, turn: Int) async {
        let answer = try? await self.door(turn).service.reschedule(id, to: schedule)
        let isMoved: Bool? =
            switch answer?.status {
            case 200: true
            case .some(400..<500): false
            default: nil
            }
        self.observed.change { $0.moves.append(.init(id: id, to: schedule, isMoved: isMoved, status: answer?.status)) }
    }
}
