import Foundation
import Testing

@testable import Operations

@Suite struct FailPointTests {
    @Test func namesAreOfADaemonAndAStep() {
        let names = FailPoint.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Set(FailPoint.allCases.map(\.daemon)) == ["api", "router", "poller", "delivery"])
        #expect(FailPoint.routerOutboxCommitted.name == "router.outbox-committed")
        #expect(FailPoint.apiChecked.name == "api.checked")
        for name in names { #expect(name.wholeMatch(of: /[a-z]+\.[a-z]+(-[a-z]+)*/) != nil, "\(name)") }
    }

    @Test func everyPointCanBeArmed() throws {
        for point in FailPoint.allCases {
            #expect(try FailPoint.parse("\(point.name)=kill") == [point: .init(action: .kill, countdown: 1)])
            #expect(try FailPoint.parse("\(point.name)=stop@12") == [point: .init(action: .stop, countdown: 12)])
        }
        #expect(try FailPoint.parse("") == [:])
        #expect(
            try FailPoint.parse("router.taken=stop,poller.claimed=kill@2") == [
                .routerTaken: .init(action: .stop, countdown: 1), .pollerClaimed: .init(action: .kill, countdown: 2),
            ])
    }

    @Test(
        arguments: [
            "router.taken", "router.taken=", "=kill", "router.taken=KILL", "router.taken=kill@0",
            "router.taken=kill@-1", "router.taken=kill@", "router.taken=kill@1@2", "router.taken=kill=kill",
            "routerTaken=kill",
            "router.nowhere=kill", "router.taken=kill@99999999999999999999", " router.taken=kill",
            "router.taken=kill,router.taken=stop", "router.taken=term",
        ])
    func whatIsNoneIsAFault(text: String) throws {
        let faults = try #require(throws: SettingsError.self) { try FailPoint.parse(text) }.faults
        #expect(faults.count == 1 && faults[0].hasPrefix("NOTIFI_FAIL_POINT: expected a fail point"), "\(faults)")
    }

    @Test func aDaemonDoesNotStartWithAFault() {
        var lines: [String] = []
        let start = Daemon.start(
            "notifi-router", settings: Settings.common, arguments: [],
            environment: ["NOTIFI_FAIL_POINT": "router.taken=explode,poller.taken=kill"], err: { lines.append($0) })
        guard case .exit(78) = start else {
            Issue.record("\(start)")
            return
        }
        #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("notifi-router: NOTIFI_FAIL_POINT: ") }, "\(lines)")
    }

    @Test func aDebugBuildKnowsTheVariable() throws {
        let settings = try Settings.load(Settings.common, environment: ["NOTIFI_FAIL_POINT": "router.taken=kill"])
        #expect(settings.warnings.isEmpty)
    }

    /// Arming is of the process, and these run beside each other: only points of nobody else.
    @Test func onlyItsOwnPointsAreArmed() throws {
        try FailPoint.arm("notifi-nothing", environment: ["NOTIFI_FAIL_POINT": "router.taken=kill,api.checked=kill"])
        for point in FailPoint.allCases {
            #expect(!point.isArmed)
            // Still alive after it.
            point.pass()
        }
    }
}
