import Notifications
import Testing

@Suite struct JSONExtentTests {
    @Test(arguments: [
        ("[]", 0, 0), ("[1]", 1, 1), (" [ 1 , 2 ] ", 2, 2), ("{}", 0, 0), (#"{"a":1}"#, 1, 1),
        (#"{"a":[1,2],"b":{"c":"x"}}"#, 2, 5), (#"["a,b","]","\",["]"#, 3, 3), ("[[],[[]],{}]", 3, 4), ("7", 0, 0),
        (#""x,y""#, 0, 0), ("[[1,2,3],4]", 2, 5),
    ])
    func counts(json: String, elements: Int, values: Int) {
        let extent = JSONExtent(of: json.utf8)
        #expect(extent.elements == elements)
        #expect(extent.values == values)
    }

    @Test(arguments: ["", "]", "}}}}", "[[[[", "\"", "\"\\", "[1,", ",,,", "{\"a\":"])
    func whatIsNotJSONDoesNoHarm(text: String) {
        let extent = JSONExtent(of: text.utf8)
        #expect(extent.values <= text.utf8.count)
        #expect(extent.elements <= extent.values)
    }
}
