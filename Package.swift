// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled alike: Swift 6 language mode (complete concurrency checking), strict memory safety, and no
/// warning left standing.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library under `Sources/Shared`.
func shared(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource]? = nil
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Shared/\(name)", exclude: exclude, resources: resources,
        swiftSettings: strict)
}

/// A system library of Debian's `-dev` packages: a module map and a shim, nothing else.
func system(_ name: String, pkgConfig: String, apt package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/Shared/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// One of the four daemons, or the operator's command.
func executable(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/\(name)", resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let jwt: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "notifi",
    products: [
        .executable(name: "notifi-api", targets: ["API"]),
        .executable(name: "notifi-router", targets: ["Router"]),
        .executable(name: "notifi-poller", targets: ["Poller"]),
        .executable(name: "notifi-delivery", targets: ["Delivery"]),
        .executable(name: "notifi", targets: ["Notifi"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        system("CRdKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
        system("CLibpq", pkgConfig: "libpq", apt: "libpq-dev"),
        shared("Blocking"),
        shared("Kafka", ["CRdKafka", "Blocking", logging]),
        shared("Postgres", ["CLibpq", "Blocking", logging]),
        shared("Notifications", [crypto]),
        shared("Wire", ["Kafka", "Notifications", protobuf], exclude: ["Protos"]),
        shared("Store", ["Notifications", "Postgres", logging], resources: [.embedInCode("Migrations")]),
        shared(
            "Operations",
            [
                "Kafka", "Postgres", "Notifications", "Wire", "Store", logging, metrics, coreMetrics, lifecycle,
                unixSignals, configuration, hummingbird, nio, httpTypes, systemPackage,
            ]),

        executable(
            "API",
            [
                "Kafka", "Postgres", "Notifications", "Wire", "Store", "Operations", logging, metrics, coreMetrics,
                lifecycle, hummingbird, hummingbirdCore, nio, nioFoundation, nioHTTP, httpTypes, jwt, crypto,
            ],
            resources: [.embedInCode("Web")]),
        executable(
            "Router",
            [
                "Kafka", "Postgres", "Notifications", "Wire", "Store", "Operations", logging, metrics, coreMetrics,
                lifecycle,
            ]),
        executable(
            "Poller",
            [
                "Kafka", "Postgres", "Notifications", "Wire", "Store", "Operations", logging, metrics, coreMetrics,
                lifecycle,
            ]),
        executable(
            "Delivery",
            [
                "Kafka", "Postgres", "Notifications", "Wire", "Store", "Operations", logging, metrics, coreMetrics,
                lifecycle,
            ]),
        executable(
            "Notifi",
            [
                "Kafka", "Postgres", "Notifications", "Wire", "Store", "Operations", logging, unixSignals, jwt, crypto,
                arguments, subprocess, systemPackage, nio, nioPosix, nioHTTP, nioFoundation, hummingbird,
            ]),

        // What Benchmarks/guard counts. Without Operations, and so without Hummingbird: what it needs of the daemons is
        // linked into its folder file by file, so that a release build of it takes a minute or two.
        .executableTarget(
            name: "HotPaths", dependencies: ["Kafka", "Postgres", "Notifications", "Wire", "Store", crypto],
            path: "Tests/HotPaths", swiftSettings: strict),

        .target(
            name: "TestSupport", dependencies: [nio, nioPosix, nioHTTP, subprocess, systemPackage],
            path: "Tests/Support",
            swiftSettings: strict),
        // What tests of whole installations share: brokers, a private Postgres and the daemons as processes.
        .target(
            name: "Harness",
            dependencies: [
                "Notifi", "Kafka", "Postgres", "Notifications", "Wire", "Store", logging, nio, nioPosix, nioHTTP,
                subprocess, systemPackage,
            ], path: "Tests/Harness", swiftSettings: strict),
        tests("KafkaTests", ["Kafka", "Blocking", logging]),
        tests("PostgresTests", ["Postgres", "Notifi", logging]),
        tests("NotificationsTests", ["Notifications", "TestSupport"]),
        tests("InertTextTests", ["Notifications", "TestSupport"]),
        tests("WireTests", ["Wire", "Kafka", "Notifications", protobuf, "TestSupport"]),
        tests("StoreTests", ["Store", "Postgres", "Notifications", "Wire", "Notifi", logging]),
        tests(
            "OperationsTests",
            [
                "Operations", "Kafka", "Postgres", logging, metrics, coreMetrics, lifecycle, unixSignals, configuration,
                "TestSupport",
            ]),
        tests("RouterTests", ["Router", "Kafka", "Notifications", "Wire"]),
        tests("PollerTests", ["Poller", "Kafka", "Notifications", "Wire", "Store", "TestSupport"]),
        tests(
            "DeliveryTests", ["Delivery", "Kafka", "Notifications", "Wire", "Store", "Operations", "TestSupport"]),
        tests(
            "APITests",
            [
                "API", "Kafka", "Postgres", "Notifications", "Wire", "Store", "Operations", hummingbird,
                hummingbirdCore, nio, nioPosix, httpTypes, lifecycle, logging, jwt, crypto, "TestSupport",
            ]),
        tests(
            "NotifiTests",
            [
                "Notifi", "Kafka", "Wire", "Notifications", "Store", "TestSupport", arguments, crypto, nio, nioPosix,
                nioHTTP,
            ]),
        tests(
            "SystemTests",
            [
                "TestSupport", "Harness", "Notifi", "Kafka", "Postgres", "Notifications", "Wire", "Store", "Operations",
                logging, jwt, nio, nioPosix, nioHTTP, subprocess, systemPackage,
            ]),
        tests(
            "Faults",
            ["TestSupport", "Harness", "Notifi", "Kafka", "Postgres", "Notifications", "Wire", nio, nioPosix]),
    ]
)
