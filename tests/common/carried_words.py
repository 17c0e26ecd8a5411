"""Words of `carried_sentences`: months, currencies, names of twenty languages, and its templates."""

MONTHS = {
    "January": {"de": "Januar|Jänner", "fr": "janvier"},
    "February": {"de": "Februar", "fr": "février"},
    "March": {"de": "März", "fr": "mars"},
    "April": {"de": "April", "fr": "avril"},
    "May": {"de": "Mai", "fr": "mai"},
    "June": {"de": "Juni", "fr": "juin"},
    "July": {"de": "Juli", "fr": "juillet"},
    "August": {"de": "August", "fr": "août"},
    "September": {"de": "September", "fr": "septembre"},
    "October": {"de": "Oktober", "fr": "octobre"},
    "November": {"de": "November", "fr": "novembre"},
    "December": {"de": "Dezember", "fr": "décembre"},
}
CURRENCIES = {
    "$": r"\$|[Dd]ollars?",
    "€": "€|[Ee]uros?",
    "£": "£|Pfund|[Ll]ivres?",
}
FIRST_AND_LAST = {
    "Polish": ("Agnieszka Grzegorz Wojciech", "Wiśniewski Szczepańska Jędrzejczyk"),
    "Czech": ("Zdeněk Bohumila Vítězslav", "Hřebíček Kratochvílová Dvořáček"),
    "Hungarian": ("Zsófia Gergely Boglárka", "Szentgyörgyi Horváthné Fekete-Nagy"),
    "Turkish": ("Gülşen Oğuzhan Ayşegül", "Yıldırım Çetinkaya Büyükkaya"),
    "Vietnamese": ("Thuỳ Quang Hương", "Nguyễn Trương Huỳnh"),
    "Japanese": ("Haruto Chiyoko Ryunosuke", "Takahashi Kuroyanagi Matsubara"),
    "Korean": ("Ji-hoon Seo-yeon Min-jun", "Hwangbo Namgung Gyeong"),
    "Chinese": ("Xiaoming Yuxuan Zhenhua", "Ouyang Zhuang Huangfu"),
    "Hindi": ("Aishwarya Devendra Kaushalya", "Chaturvedi Srivastava Bhattacharya"),
    "Tamil": ("Meenakshi Senthil Kumaravel", "Subramaniam Ramanathan Vaidyanathan"),
    "Arabic": ("Abdelrahman Khadija Mustapha", "Al-Khalidi Bouazizi El-Masri"),
    "Hebrew": ("Yehonatan Shoshana Elisheva", "Ben-Yehuda Mizrahi Abutbul"),
    "Igbo": ("Chukwuemeka Ngozi Ifeanyi", "Okonkwo Nwachukwu Adichie"),
    "Swahili": ("Wanjiku Baraka Zawadi", "Kipkemboi Mwangi Nyerere"),
    "Finnish": ("Päivi Yrjö Kaarina", "Hämäläinen Väisänen Kekkonen"),
    "Icelandic": ("Sigríður Þorsteinn Guðrún", "Jónsdóttir Ásgeirsson Þórðarson"),
    "Portuguese": ("Conceição Thiago Lourenço", "Guimarães Magalhães Vasconcelos"),
    "Greek": ("Anastasios Kyriakos Evangelia", "Papadopoulou Theodorakis Karamanlis"),
    "Russian": ("Svyatoslav Lyudmila Yaroslava", "Preobrazhensky Zhukovskaya Shcherbakov"),
    "Irish": ("Siobhán Caoimhe Tadhg", "Ó_Súilleabháin O'Shaughnessy Mac_Giolla"),
}
TOWNS = (
    "Szczebrzeszyn",
    "Kroměříž",
    "Hódmezővásárhely",
    "Şanlıurfa",
    "Utsunomiya",
    "Zhangjiakou",
    "Tiruchirappalli",
    "Ouarzazate",
    "Nsukka",
    "Nyahururu",
    "Jyväskylä",
    "Hafnarfjörður",
    "Guaratinguetá",
    "Alexandroupoli",
    "Yekaterinburg",  # which German and French transliterate themselves, see `carried_sentences`
    "Dungarvan",
)
TEMPLATES: dict[str, list[str]] = {
    "number": [
        "The library has § books on two floors.", "We counted § birds near the lake.", "Only § of them came back.",
        "The old bridge is § metres long.", "She wrote down § and then §.", "There were § people at the station.",
        "The dog weighs § kilos and eats too much.", "Add § to the result and try again.", "He lives at number §.",
        "My grandmother planted § trees in her garden.", "The answer is § and not §.", "It took § seconds to load.",
    ],
    "currency": [
        "The ticket costs §.", "I paid § for the bicycle.", "They sold the house for § last year.",
        "Can you lend me § until Friday?", "The repair was § more than we thought.", "Rent went up from § to §.",
        "He found § in the street.", "A cup of tea is § here.", "We need another § for the trip.",
    ],
    "percent": [
        "About § of the students passed the exam.", "Prices rose by § in one year.", "The shop gives § off today.",
        "The battery is at §.", "Between § and § of the people agree.", "Only § of the water was clean.",
        "She is § sure that he will come.",
    ],
    "time": [
        "The train leaves at §.", "We meet at § in front of the school.", "The film starts at § and ends at §.",
        "He called me at § and I was still asleep.", "The shop closes at § on Sundays.", "Please be here before §.",
        "At § the lights went out.",
    ],
    "date": [
        "She was born on §.", "The meeting is on §.", "On § the war was over.", "We moved here on § with two cats.",
        "The museum opened on § and closed on §.", "Please answer before §.", "The letter was written on §.",
        "The next course begins on §.",
    ],
    "range": [
        "Read pages §.", "It takes § minutes to get there.", "The class is for children aged §.",
        "We expect § guests.", "Bake it for § minutes.", "He works § hours a week.", "See chapters § for more.",
    ],
    "version": [
        "Version § was released today.", "Please install § before you start.", "The error is gone in §.",
        "We still use § at work.", "Update from § to § as soon as you can.", "Nothing changed between § and §.",
    ],
    "code": [
        "Your order § is ready.", "The number of the room is §.", "Please send § to my colleague.",
        "I could not find § anywhere.", "Call § if you need help.", "The part § is missing from the box.",
        "Use § instead of §.", "What does § mean?", "The error § came up again.",
    ],
    "url": [
        "You can find the book at §.", "Visit § for more information.", "The page § does not open.",
        "I read it on § yesterday.", "Copy the file from § to your computer.", "See § and ask again.",
    ],
    "email": [
        "Write to § if you have questions.", "My new address is §.", "The letter from § was never read.",
        "Please send the photos to § and to §.", "I have never heard of §.", "Contact § before Monday.",
    ],
    "emoji": [
        "I love § and coffee.", "She sent me § and nothing else.", "What does § mean in your country?",
        "Put § at the end of the message.", "We won § yesterday and everybody was happy.", "He wrote § to his mother.",
    ],
    "placeholder": [
        "Hello §, welcome back!", "You have § new messages.", "The file § could not be opened.",
        "Delete § and start again?", "Thank you for your order, §.", "Do not close § while it is running.",
        "The first line§bThe second line", "Please wait, § is loading.", "Are you sure that you want to remove §?",
    ],
    "name": [
        "I met § at the market.", "§ called yesterday.", "My teacher is called §.", "Have you seen § today?",
        "§ and § are getting married.", "She moved to §o with her sister.", "The train to §o was late.",
        "§ lives in §o and works as a nurse.", "The book was written by §.", "I gave the keys to § this morning.",
        "In §o it rained all day.", "We visited § in the hospital.", "Mr § is not at home.", "§'s brother is a cook.",
    ],
    "mixed": [
        "§n paid §c for § chairs on §d.", "Write to §e before §t, or call § again.", "Version §v is §p faster than §v.",
        "The ticket §k from §o costs §c.", "At §t, §n opened §u for the first time.", "On §d, § people read §u.",
        "§n sent § photos to §e §j", "Room §k is free from §t to §t on §d.", "Order §k: § pieces at §c each.",
        "In §o, §p of § families have no car.",
    ],
}  # fmt: skip
