"""The words and set phrases of the grammar, as data. Pairs are Mandarin and English."""

from __future__ import annotations

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
ONES_ENGLISH = _ONES.split()
TENS_ENGLISH = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

ROOMS_ENGLISH = ["kitchen", "bedroom", "bathroom", "garage", "office", "living room"]
DEVICES_ENGLISH = ["light", "lamp", "fan", "heater", "radio", "camera"]
THINGS_ENGLISH = ["boxes", "bottles", "tickets"]
LEVELS_ENGLISH = ["set the temperature to {} degrees.", "set the volume to {} percent."]
COUNTED_ENGLISH = [
    "go to line {}.",
    "open file {}.",
    "room {}.",
    "page {}.",
    "the answer is {}.",
    "the number is {}.",
]
FIXED_ENGLISH = [
    "play the music.",
    "pause the music.",
    "stop the music.",
    "next song.",
    "previous song.",
    "volume up.",
    "volume down.",
    "what time is it?",
    "what is the weather today?",
    "what is the weather tomorrow?",
    "call home.",
    "call mother.",
    "call the office.",
    "send a message to mother.",
    "send a message to the office.",
    "good morning.",
    "good evening.",
    "good night.",
    "hello computer.",
    "hello.",
    "thank you.",
    "yes please.",
    "yes.",
    "no.",
    "no thank you.",
    "help me please.",
    "please help me.",
    "start recording.",
    "stop recording.",
    "save the file.",
    "delete the file.",
    "new line.",
    "good morning computer.",
    "thank you and good night.",
    "please wait.",
    "wait for me.",
    "today is monday.",
    "tomorrow is sunday.",
    "testing one two three.",
    "this is a test.",
    "this is only a test.",
    "start the computer.",
    "stop the computer.",
    "where is the camera?",
    "how are you today?",
]

ROOMS = [("客厅", "living room"), ("卧室", "bedroom"), ("厨房", "kitchen"), ("办公室", "office")]
DEVICES = [
    ("灯", "light"),
    ("空调", "heater"),
    ("电视", "camera"),
    ("风扇", "fan"),
    ("收音机", "radio"),
]
COLOURS = [
    ("红色", "red"),
    ("蓝色", "blue"),
    ("绿色", "green"),
    ("黑色", "black"),
    ("白色", "white"),
]
THINGS = [("箱子", "boxes"), ("瓶子", "bottles")]
COUNTED = [
    ("第{}页。", "page {}."),
    ("{}号房间。", "room {}."),
    ("答案是{}。", "the answer is {}."),
    ("号码是{}。", "the number is {}."),
]
FIXED = [
    ("播放音乐。", "play the music."),
    ("暂停音乐。", "pause the music."),
    ("停止播放。", "stop the music."),
    ("下一首。", "next song."),
    ("上一首。", "previous song."),
    ("音量大一点。", "volume up."),
    ("音量小一点。", "volume down."),
    ("现在几点？", "what time is it?"),
    ("今天天气怎么样？", "what is the weather today?"),
    ("明天天气怎么样？", "what is the weather tomorrow?"),
    ("你好。", "hello."),
    ("早上好。", "good morning."),
    ("晚上好。", "good evening."),
    ("谢谢。", "thank you."),
    ("再见。", "good night."),
    ("请帮我。", "please help me."),
    ("是的。", "yes."),
    ("不是。", "no."),
    ("打电话给妈妈。", "call mother."),
    ("打电话给办公室。", "call the office."),
    ("开始录音。", "start recording."),
    ("停止录音。", "stop recording."),
    ("保存文件。", "save the file."),
    ("删除文件。", "delete the file."),
    ("这是测试。", "this is a test."),
    ("你好吗？", "how are you today?"),
    ("请等我。", "wait for me."),
    ("今天是星期一。", "today is monday."),
    ("明天是星期天。", "tomorrow is sunday."),
]

ENGLISH_TEXTS = [
    *ROOMS_ENGLISH,
    *DEVICES_ENGLISH,
    *THINGS_ENGLISH,
    *LEVELS_ENGLISH,
    *COUNTED_ENGLISH,
    *FIXED_ENGLISH,
    *(colour for _, colour in COLOURS),
    "please turn on off the open close door window set a timer for minutes seconds hours",
    "i need call number",
]
MANDARIN_TEXTS = [
    *(mandarin for pairs in (ROOMS, DEVICES, COLOURS, THINGS) for mandarin, _ in pairs),
    *(mandarin.replace("{}", "") for mandarin, _ in COUNTED),
    *(mandarin for mandarin, _ in FIXED),
    "打开关闭的窗户门分钟秒钟设置闹钟温度到度我要个电话号码是",
]
