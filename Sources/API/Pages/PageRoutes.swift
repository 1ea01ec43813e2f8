import HTTPTypes
import Hummingbird
import NIOCore

/// The web inbox and the description of the API: a few files that are part of the program.
struct PageRoutes: Sendable {
    struct File: Sendable {
        let path: RouterPath
        let type: String
        let bytes: [UInt8]
    }

    static let files = [
        File(path: "/", type: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        File(path: "/app.js", type: "text/javascript; charset=utf-8", bytes: PackageResources.app_js),
        File(path: "/style.css", type: "text/css; charset=utf-8", bytes: PackageResources.style_css),
        File(path: "/favicon.svg", type: "image/svg+xml", bytes: PackageResources.favicon_svg),
        File(path: "/openapi.yaml", type: "application/yaml", bytes: PackageResources.openapi_yaml),
    ]

    /// No code but that of this site's own files runs in its pages, whatever a notification holds (P7).
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'self'; frame-ancestors 'none'"

    static func answer(_ file: File) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: file.type, .cacheControl: "no-cache", .contentSecurityPolicy: Self.policy,
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }
}
