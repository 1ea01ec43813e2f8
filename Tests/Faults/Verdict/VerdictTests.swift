import Notifications
import Testing

/// The verdict can fail: each kind of violation, made up in an observation that is otherwise faultless, is found.
@Suite
struct VerdictTests {
    @Test("a faultless observation has no violation")
    func faultless() {
        #expect(Verdict(.faultless).violations.isEmpty, "\(Verdict(.faultless).violations)")
    }

    @Test("what is unknown may be there or not")
    func unknown() {
        var observed = Observed.faultless
        observed.sends[0].attempts = [.made(at: 10, .unknown("cut"))]
        observed.injected.append(.init(.kill(["api-1"]), .at(9), .at(10)))
        observed.trails["a"] = nil
        #expect(Verdict(observed).violations.isEmpty, "there: \(Verdict(observed).violations)")
        observed.rows.removeAll { $0.id == "a" }
        observed.inboxes["u1"] = [Observed.Inbox(unread: ["k"], count: 1)]
        observed.sightings["a"] = nil
        #expect(Verdict(observed).violations.isEmpty, "not there: \(Verdict(observed).violations)")
    }

    @Test(
        "what stands against a POST excuses it, at the door and at the time where it does",
        arguments: [
            (FaultKind.brokersDown([1]), "503 unavailable", true), (.brokersDown([1]), "cut", false),
            (.brokersDown([1]), "500 oops", false), (.brokersDown([1]), "503 without Retry-After", false),
            (.answersLate(.produce, milliseconds: 4_000, count: 2), "503 unavailable", true),
            (.answersLate(.fetch, milliseconds: 4_000, count: 2), "503 unavailable", false),
            (.brokerErrors(.heartbeat, code: 25, count: 2), "503 unavailable", false),
            (.kill(["api-1"]), "cut", true), (.kill(["api-2"]), "cut", false), (.freeze(["api-1"]), "503 x", true),
            (.kill(["router-1"]), "503 unavailable", false), (.postgresStopped(immediately: true), "503 x", false),
            (.wireCut("api-1"), "503 x", false),
        ] as [(FaultKind, String, Bool)])
    func excused(_ kind: FaultKind, _ outcome: String, _ isExcused: Bool) {
        var observed = Observed.faultless
        observed.sends[1].attempts[0] = .made(at: 20, .unknown(outcome))
        observed.injected = [.init(kind, .at(15), .at(20))]
        let kinds = Verdict(observed).violations.map(\.kind)
        #expect(kinds == (isExcused ? [] : [.unanswered]), "\(Verdict(observed).violations)")
        // Long over; or yet to come.
        for (began, ended) in [(Instant.at(1), Instant.at(2)), (.at(30), .at(40))] {
            observed.injected = [.init(kind, began, ended)]
            #expect(Verdict(observed).violations.map(\.kind) == [.unanswered])
        }
    }

    @Test("a replica that was started again needs Postgres, for the tokens")
    func startedWithoutPostgres() {
        var observed = Observed.faultless
        observed.sends[1].attempts[0] = .made(at: 20, .unknown("503 unavailable"))
        observed.injected = [
            .init(.postgresStopped(immediately: false), .at(8), .at(19)), .init(.kill(["api-1"]), .at(8), .at(9)),
        ]
        #expect(Verdict(observed).violations.isEmpty, "\(Verdict(observed).violations)")
    }

    @Test("each made-up violation is found", arguments: MadeUp.allCases)
    func violation(_ made: MadeUp) {
        var observed = Observed.faultless
        made.spoil(&observed)
        let kinds = Set(Verdict(observed).violations.map(\.kind))
        #expect(kinds.contains(made.kind), "\(made): found \(Verdict(observed).violations)")
    }

    @Test("every kind of violation is among them")
    func complete() {
        #expect(Set(MadeUp.allCases.map(\.kind)) == Set(Violation.Kind.allCases))
    }
}

enum MadeUp: String, CaseIterable, Sendable {
    case lostWithoutTrace, stillScheduled, notAtRest
    case crashed
    case suppressed, deadLettered, cancelledByNobody, twoEnds, deliveredWithoutRow
    case twoRows, twoRowsOfAnUnknownOne, twiceOnAPage
    case neverSent, refusedAndYetThere
    case confirmedInVain, deadLetterOfNobody, expiredUnknown
    case wrongAnswerToCancel, wrongAnswerToMove, wrongAnswerToMark
    case dueBeforeAccepted, dueAfterAccepted
    case shownByOneAlone
    case cancelledAndSeen, seenAfterRecall, cancelledInTheEndAndSeen
    case twoAnswers, answeredOtherwise
    case refusedForNothing, cutForNothing, cutInTrouble
    case deliveredEarly, claimedEarly, seenEarly
    case dueAtAnotherTime, movedInVain, scheduledUnasked
    case twoIDs, oneIDForTwo, otherMessage
    case swapped, sameSeq
    case notShown, shownAfterRead, wrongCount
    case markLost, readUnasked, readBeyond, readAllLost, archiveLost, archivedUnasked
    case otherInbox, shownToAnother

    var kind: Violation.Kind {
        switch self {
        case .lostWithoutTrace, .stillScheduled, .notAtRest: .lost
        case .crashed: .badEnd
        case .suppressed, .deadLettered, .cancelledByNobody, .twoEnds, .deliveredWithoutRow, .deadLetterOfNobody,
            .expiredUnknown:
            .wrongEnd
        case .confirmedInVain: .stale
        case .twoRows, .twoRowsOfAnUnknownOne, .twiceOnAPage: .doubled
        case .neverSent, .refusedAndYetThere: .forged
        case .cancelledAndSeen, .seenAfterRecall, .cancelledInTheEndAndSeen: .shownAfterCancel
        case .twoAnswers, .answeredOtherwise: .contradicted
        case .refusedForNothing, .cutForNothing, .cutInTrouble, .wrongAnswerToCancel, .wrongAnswerToMove,
            .wrongAnswerToMark:
            .unanswered
        case .deliveredEarly, .claimedEarly, .seenEarly: .early
        case .dueAtAnotherTime, .movedInVain, .scheduledUnasked, .dueBeforeAccepted, .dueAfterAccepted: .misdated
        case .twoIDs, .oneIDForTwo, .otherMessage: .brokenKey
        case .swapped, .sameSeq: .disordered
        case .notShown, .shownAfterRead, .wrongCount, .shownByOneAlone: .miscounted
        case .markLost, .readUnasked, .readBeyond, .readAllLost, .archiveLost, .archivedUnasked: .unmarked
        case .otherInbox, .shownToAnother: .misaddressed
        }
    }

    func spoil(_ observed: inout Observed) {
        switch self {
        case .lostWithoutTrace:
            observed.rows.removeAll { $0.id == "a" }
            observed.trails["a"] = nil
        case .stillScheduled:
            observed.trails["s"] = Observed.Trail(state: "scheduled", events: ["accepted", "scheduled"])
        case .notAtRest: observed.unrest = ["requests are not routed"]
        case .crashed: observed.badEnds = ["router-1 ended by itself"]
        case .suppressed:
            observed.trails["a"] = Observed.Trail(state: "suppressed:preference", events: ["accepted", "suppressed"])
        case .deadLettered:
            observed.trails["a"] = Observed.Trail(state: "dead-lettered", events: ["accepted", "dead-lettered"])
        case .cancelledByNobody: observed.cancels.removeAll { $0.id == "c" }
        case .twoEnds: observed.trails["a"]?.events.append("dead-lettered")
        case .deliveredWithoutRow: observed.rows.removeAll { $0.id == "a" }
        case .twoRows: observed.rows.append(observed.row("a") { $0.seq = 99 })
        case .twoRowsOfAnUnknownOne:
            observed.sends.append(
                Observed.Send(user: "u2", message: "x", attempts: [.made(at: 90, .unknown("cut"))]))
            observed.rows += (0..<2).map {
                Observed.Row(id: "x\($0)", user: "u2", message: "x", seq: 50 + $0, due: .at(90), delivered: .at(91))
            }
        case .twiceOnAPage: observed.pageFaults = ["u1 was shown one twice"]
        case .neverSent:
            observed.rows.append(
                Observed.Row(id: "z", user: "u1", message: "z", seq: 98, due: .at(5), delivered: .at(5)))
        case .refusedAndYetThere: observed.sends[0].attempts = [.made(at: 10, .refused("422"))]
        case .cancelledAndSeen, .cancelledInTheEndAndSeen:
            observed.sightings["c"] = Observed.Sighting(user: "u2", firstAt: .at(46), lastAskedAt: .at(46))
            if self == .cancelledInTheEndAndSeen {
                observed.cancels = observed.cancels.filter { $0.id != "c" } + [.made("c", at: 44, nil)]
            }
        case .seenAfterRecall: observed.sightings["r"]?.lastAskedAt = .at(70)
        case .twoAnswers: observed.cancels.append(.made("c", at: 60, "recalled"))
        case .answeredOtherwise:
            observed.trails["r"] = Observed.Trail(state: "cancelled", events: ["accepted", "cancelled"])
        case .refusedForNothing, .cutForNothing, .cutInTrouble:
            if self != .cutInTrouble { observed.injected = [] }
            observed.sends[1].attempts[0] = .made(
                at: 20, .unknown(self == .refusedForNothing ? "503 unavailable" : "cut"))
        case .deliveredEarly: observed.change("s") { $0.delivered = .at(39) }
        case .claimedEarly: observed.change("s") { $0.claimed = .at(39) }
        case .seenEarly:
            observed.sightings["s"] = Observed.Sighting(user: "u2", firstAt: .at(39), lastAskedAt: .at(50))
        case .dueAtAnotherTime: observed.change("s") { $0.due = .at(35) }
        case .movedInVain: observed.moves = [Observed.Move(id: "s", to: .at(60), isMoved: true)]
        case .scheduledUnasked: observed.change("a") { $0.isScheduled = true }
        case .twoIDs: observed.sends[1].attempts.append(.made(at: 25, .accepted("k2")))
        case .oneIDForTwo: observed.sends[0].attempts.append(.made(at: 12, .accepted("k")))
        case .otherMessage:
            observed.rows =
                observed.rows.filter { $0.id != "a" } + [
                    Observed.Row(id: "a", user: "u1", message: "another", seq: 1, due: .at(10), delivered: .at(11))
                ]
        case .swapped:
            observed.change("a") { $0.seq = 9 }
        case .sameSeq: observed.change("a") { $0.seq = 2 }
        case .notShown: observed.inboxes["u1"]?[0].unread = ["k"]
        case .shownAfterRead: observed.inboxes["u2"]?[0].unread.append("m")
        case .wrongCount: observed.inboxes["u1"]?[0].count = 7
        case .shownByOneAlone: observed.inboxes["u1"]?[1].unread = ["k"]
        case .confirmedInVain: observed.stale = ["all of u1 by api-2: confirmed"]
        case .deadLetterOfNobody: observed.deadLetters = 1
        case .expiredUnknown:
            observed.sends[0].attempts = [.made(at: 10, .unknown("cut"))]
            observed.injected.append(.init(.kill(["api-1"]), .at(9), .at(10)))
            observed.trails["a"] = nil
            observed.change("a") { $0.state = "expired" }
        case .wrongAnswerToCancel:
            observed.cancels.append(.init(id: "c", began: .at(60), ended: .at(61), answer: nil, status: 404))
        case .wrongAnswerToMove:
            observed.moves = [.init(id: "s", to: .at(60), isMoved: nil, status: 500)]
        case .wrongAnswerToMark:
            observed.marks.append(.init(user: "u1", what: .read("z"), isMarked: false, status: 401))
        case .dueBeforeAccepted: observed.change("a") { $0.due = .at(9) }
        case .dueAfterAccepted: observed.change("a") { $0.due = .at(12) }
        case .markLost: observed.change("m") { $0.isRead = false }
        case .readUnasked: observed.change("a") { $0.isRead = true }
        case .readBeyond: observed.change("s") { $0.isRead = true }
        case .readAllLost:
            observed.marks = [Observed.Mark(user: "u1", what: .readAll(upTo: 1), isMarked: true)] + observed.marks
        case .archiveLost: observed.marks.append(Observed.Mark(user: "u1", what: .archived("a"), isMarked: true))
        case .archivedUnasked: observed.change("a") { $0.isArchived = true }
        case .otherInbox:
            observed.rows =
                observed.rows.filter { $0.id != "a" } + [
                    Observed.Row(id: "a", user: "u2", message: "a", seq: 77, due: .at(10), delivered: .at(11))
                ]
        case .shownToAnother:
            observed.sightings["a"] = Observed.Sighting(user: "u2", firstAt: .at(39), lastAskedAt: .at(50))
        }
    }
}
