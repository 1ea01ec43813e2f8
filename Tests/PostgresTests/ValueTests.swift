import Foundation
import Postgres
import Testing

extension Live {
    @Suite struct Values {
        private func echo<T: PostgresDecodable>(
            _ value: PostgresValue, cast: String = "", as type: T.Type
        ) async throws -> T {
            try await Live.withConnection { connection async throws in
                try #require(await connection.query("SELECT $1\(cast) AS v", [value]).first).decode("v", as: T.self)
            }
        }

        @Test func scalars() async throws {
            #expect(try await self.echo(.bool(true), as: Bool.self))
            #expect(try await self.echo(.bool(false), as: Bool.self) == false)
            for value in [Int32.min, -1, 0, 1, .max] {
                #expect(try await self.echo(.int4(value), as: Int32.self) == value)
                #expect(try await self.echo(.int4(value), as: Int64.self) == Int64(value))
            }
            for value in [Int64.min, -1, 0, 1, .max] {
                #expect(try await self.echo(.int8(value), as: Int64.self) == value)
                #expect(try await self.echo(.int8(value), as: Int.self) == Int(value))
            }
            for value in [0, -1.5, .pi, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
                #expect(try await self.echo(.float8(value), as: Double.self) == value)
            }
            #expect(try await self.echo(.float8(.nan), as: Double.self).isNaN)
            let id = UUID()
            #expect(try await self.echo(.uuid(id), as: UUID.self) == id)
            #expect(try await self.echo(.uuid(id), cast: "::text", as: String.self) == id.uuidString.lowercased())
        }

        @Test(arguments: [
            "", "a", "Zoë 🎉👩‍👩‍👧 漢字", String(repeating: "x", count: 4096), "'; --\"\\", "\u{1}\r\n\u{10FFFF}",
        ])
        func text(_ value: String) async throws {
            #expect(try await self.echo(.text(value), as: String.self) == value)
            #expect(try await self.echo(.text(value), cast: "::varchar", as: String.self) == value)
            #expect(try await self.echo(.textArray([value, nil, value]), as: [String?].self) == [value, nil, value])
        }

        @Test(arguments: [[], [0], Array(0...255), [UInt8](repeating: 0, count: 100_000)])
        func bytes(_ value: [UInt8]) async throws {
            #expect(try await self.echo(.bytea(value), as: [UInt8].self) == value)
            #expect(try await self.echo(.byteaArray([value, nil]), as: [[UInt8]?].self) == [value, nil])
        }

        @Test(arguments: [0, 1, -1, 946_684_800_000_000, 1_767_225_600_123_456, -2_208_988_800_000_001, .max, .min])
        func timestamps(_ microseconds: Int64) async throws {
            let value = PostgresValue.timestamptz(microsecondsSinceUnixEpoch: microseconds)
            let back = try await self.echo(value, as: PostgresTimestamp.self)
            #expect(back.microsecondsSinceUnixEpoch == microseconds)
        }

        @Test func timestampsAreInUTC() async throws {
            let value = PostgresValue.timestamptz(microsecondsSinceUnixEpoch: 1_767_225_600_123_456)
            #expect(try await self.echo(value, cast: "::text", as: String.self) == "2026-01-01 00:00:00.123456+00")
            #expect(
                try await self.echo(.timestamptz(microsecondsSinceUnixEpoch: .max), cast: "::text", as: String.self)
                    == "infinity")
        }

        @Test func timestampsOutOfRangeAreRefused() async throws {
            // The first has no binary form, the second is beyond what the server takes.
            await #expect {
                try await self.echo(.timestamptz(microsecondsSinceUnixEpoch: .min + 1), as: Bool.self)
            } throws: {
                ($0 as? PostgresError)?.code == .invalidParameter && ($0 as? PostgresError)?.isPoison == true
            }
            await #expect {
                try await self.echo(.timestamptz(microsecondsSinceUnixEpoch: -9_000_000_000_000_000_000), as: Bool.self)
            } throws: {
                ($0 as? PostgresError)?.sqlState == "22008"
            }
        }

        @Test func timestampsBeyondOurRangeAreErrors() async throws {
            try await Live.withConnection { connection async throws in
                let row = try await connection.query("SELECT '294276-01-01'::timestamptz AS v")[0]
                #expect { try row.decode("v", as: PostgresTimestamp.self) } throws: {
                    ($0 as? PostgresError)?.code == .decoding
                }
            }
        }

        @Test func arrays() async throws {
            let id = UUID()
            #expect(try await self.echo(.boolArray([true, nil, false]), as: [Bool?].self) == [true, nil, false])
            #expect(try await self.echo(.int4Array([1, nil, .min]), as: [Int32?].self) == [1, nil, .min])
            #expect(try await self.echo(.int8Array([1, nil, .max]), as: [Int64?].self) == [1, nil, .max])
            #expect(try await self.echo(.float8Array([1.5, nil]), as: [Double?].self) == [1.5, nil])
            #expect(try await self.echo(.uuidArray([id, nil]), as: [UUID?].self) == [id, nil])
            #expect(try await self.echo(.textArray(["a", "b"]), as: [String].self) == ["a", "b"])
            #expect(
                try await self.echo(.timestamptzArray([5, nil, .max]), as: [PostgresTimestamp?].self).map {
                    $0?.microsecondsSinceUnixEpoch
                } == [5, nil, .max])
        }

        @Test func emptyArrays() async throws {
            #expect(try await self.echo(.boolArray([]), as: [Bool].self).isEmpty)
            #expect(try await self.echo(.int4Array([]), as: [Int32].self).isEmpty)
            #expect(try await self.echo(.int8Array([]), as: [Int64].self).isEmpty)
            #expect(try await self.echo(.float8Array([]), as: [Double].self).isEmpty)
            #expect(try await self.echo(.textArray([]), as: [String].self).isEmpty)
            #expect(try await self.echo(.byteaArray([]), as: [[UInt8]].self).isEmpty)
            #expect(try await self.echo(.uuidArray([]), as: [UUID].self).isEmpty)
            #expect(try await self.echo(.timestamptzArray([]), as: [PostgresTimestamp].self).isEmpty)
        }

        @Test func null() async throws {
            for type in ["bool", "int4", "int8", "float8", "text", "bytea", "uuid", "timestamptz", "text[]", "jsonb"] {
                try await Live.withConnection { connection async throws in
                    let row = try #require(try await connection.query("SELECT $1::\(type) AS v", [.null]).first)
                    #expect(try row.decode("v", as: String?.self) == nil)
                    #expect { try row.decode("v", as: String.self) } throws: {
                        ($0 as? PostgresError)?.code == .decoding
                    }
                }
            }
            #expect(try await self.echo(.text(nil as String?), cast: "::text", as: String?.self) == nil)
        }

        @Test func jsonAndEnumsAreText() async throws {
            #expect(try await self.echo(.text(#"{"a": 1}"#), cast: "::jsonb", as: String.self) == #"{"a": 1}"#)
            try await Live.withConnection { connection async throws in
                try await connection.execute(script: "CREATE TYPE pg_temp.mood AS ENUM ('sad', 'ok')")
                let rows = try await connection.query("SELECT $1::pg_temp.mood", [.text("ok")])
                #expect(try rows[0].decode(0, as: String.self) == "ok")
            }
        }

        @Test func wrongTypesAndColumnsAreErrors() async throws {
            try await Live.withConnection { connection async throws in
                let row = try await connection.query(
                    "SELECT 1::int8 AS a, ARRAY[NULL]::text[] AS b, ARRAY[[1],[2]] AS c")[0]
                for attempt in [
                    { _ = try row.decode("a", as: Int32.self) }, { _ = try row.decode("a", as: String.self) },
                    { _ = try row.decode("z", as: Int64.self) }, { _ = try row.decode(3, as: Int64.self) },
                    { _ = try row.decode(-1, as: Int64.self) }, { _ = try row.decode("b", as: [String].self) },
                    { _ = try row.decode("c", as: [Int32].self) }, { _ = try row.decode("a", as: [UInt8].self) },
                ] as [() throws -> Void] {
                    #expect { try attempt() } throws: { ($0 as? PostgresError)?.code == .decoding }
                }
            }
        }

        @Test func zeroBytesInTextAreRefusedNotCut() async throws {
            for value in [PostgresValue.text("a\0b"), .textArray(["ok", "a\0b"])] {
                await #expect { try await self.echo(value, as: String.self) } throws: {
                    guard let error = $0 as? PostgresError else { return false }
                    return error.sqlState == "22021" && error.isPoison && !error.isRetriable
                }
            }
            try await Live.withConnection { connection async throws in
                await #expect { try await connection.query("SELECT 1\0 garbage") } throws: {
                    ($0 as? PostgresError)?.code == .invalidStatement
                }
                await #expect { try await connection.execute(script: "SELECT 1\0; garbage") } throws: {
                    ($0 as? PostgresError)?.code == .invalidStatement
                }
            }
        }

        @Test func thousandRowsByUnnest() async throws {
            try await Live.withConnection { connection async throws in
                try await connection.execute(
                    script: "CREATE TEMPORARY TABLE bulk (id uuid PRIMARY KEY, n int8, t text)")
                let ids = (0..<1000).map { _ in UUID() }
                let insert = PostgresStatement(
                    "INSERT INTO bulk SELECT * FROM unnest($1::uuid[], $2::int8[], $3::text[]) ON CONFLICT DO NOTHING",
                    [
                        .uuidArray(ids), .int8Array((0..<1000).map { Int64($0) }),
                        .textArray((0..<1000).map { $0 % 10 == 0 ? nil : "text \($0)" }),
                    ])
                #expect(try await connection.query(insert).affected == 1000)
                #expect(try await connection.query(insert).affected == 0)
                let rows = try await connection.query("SELECT id, n, t FROM bulk ORDER BY n")
                #expect(rows.count == 1000)
                #expect(try rows.map { try $0.decode("id", as: UUID.self) } == ids)
                #expect(try rows.filter { try $0.decode("t", as: String?.self) == nil }.count == 100)
            }
        }
    }
}
