"""List given names kept in every language, and surnames that are words.

A translator writes Karl for Charles and Nein for Noah where it has seldom read a name. `seqtext.models.names` looks for
these in the translation. Names that are words as well, such as Mark and Grace, are in `ALSO_WORDS`: they are names only
before a surname. Names of places, such as Florence, are in none of the lists.
"""

_GIVEN = """
Aaron Abdul Abdullah Abigail Ada Adam Adele Adrian Agnes Agnieszka Ahmad Ahmed Aidan Aisha Akira Alan Albert Alejandro
Alessandro Alex Alexander Alexandre Alexei Alfred Alice Alicia Alison Allison Alvin Amanda Amelia Amina Amir Amy Ana
Anastasia Anders Andrea Andreas Andrei Andrew Andy Angela Angelina Anika Anita Anja Ann Anna Annabel Anne Annette Annie
Anthony Antoine Anton Antonia Antonio Anya Aoife Archie Ariana Arjun Arnold Arthur Arun Asha Ashley Astrid Audrey
Ayesha Barack Barbara Beatrice Becky Ben Benedict Benjamin Bernard Bernie Beth Bethany Betty Beverly Bianca Bjorn Bob
Bobby Boris Brad Bradley Brandon Brenda Brian Bridget Britney Bruce Bruno Bryan Caitlin Calvin Cameron Camilla Camille
Carla Carlos Carmen Caroline Carolyn Carter Catherine Cathy Cecilia Cedric Charles Charlie Charlotte Chen Cheryl Chiara
Chidi Chloe Chris Christina Christine Christoph Christopher Chuck Cindy Claire Clara Clarence Claude Claudia Clifford
Colin Connor Craig Curtis Cynthia Damian Daniel Daniela Danielle Danny Darren Dave David Debbie Deborah Deepak Deepika
Denise Dennis Derek Diana Diane Dieter Dimitri Dmitri Dolores Dominic Donald Donna Doris Dorothy Douglas Duncan Dylan
Eddie Edgar Edith Eduardo Edward Edwin Eileen Elaine Eleanor Elena Eli Elias Elisabeth Elise Eliza Elizabeth Ella Ellen
Ellie Elliot Elon Elsa Elsie Emil Emilia Emilio Emily Emma Emmanuel Emmanuelle Enrique Eoin Eric Erica Erik Erika
Ernest Esther Ethan Eugene Eva Evan Evelyn Fabian Farah Fatima Federico Felicia Felicity Felix Fernando Fiona Francesca
Francesco Francine Francis Francois Franklin Franz Fred Freddie Frederick Frieda Friedrich Fritz Gabriel Gabriela
Gareth Gary Geoffrey George Gerald Geraldine Gerard Gerhard Gertrude Gilbert Gina Giovanni Giulia Giuseppe Gladys Glenn
Gloria Gordon Graham Greg Gregory Greta Guido Guillaume Gustav Gwen Hamza Hanna Hannah Hans Harald Harold Harriet
Harrison Harry Harvey Hassan Hazel Heidi Heinrich Helen Helena Helga Helmut Henri Henrietta Henrik Henry Herbert Herman
Hermann Hilary Hiroshi Horst Howard Hugh Hugo Ian Ibrahim Ida Ignacio Igor Ines Ingrid Irene Irina Iris Isabel Isabella
Isabelle Isla Ivan Ivana Ivar Jackie Jackson Jacqueline Jacques Jake Jakob Jamal James Jamie Jane Janet Janice Jared
Jasmin Jason Javier Jayden Jean Jeff Jeffrey Jennifer Jenny Jeremy Jerome Jessica Jessie Jill Jim Jimmy Joachim Joan
Joanna Joanne Jocelyn Joe Joel Johan Johann Johanna Johannes John Johnny Jonas Jonathan Jorge Jose Josef Joseph
Josephine Josh Joshua Juan Juanita Judith Judy Jules Julia Julian Juliana Julie Juliet Jurgen Justin Kareem Karen Karim
Karin Karl Katarzyna Kate Katherine Kathleen Kathryn Kathy Katie Katrina Keira Keith Kelly Ken Kenji Kenneth Kerry
Kevin Khadija Kim Kimberly Kirsten Klaus Kofi Konrad Kristen Kristin Kumar Kurt Kwame Kyle Lara Larry Lars Latifa Laura
Lauren Laurence Laurent Lawrence Layla Lea Leah Lee Leila Lena Leo Leon Leonard Leonardo Leonie Leroy Leslie Lewis Liam
Lila Lilian Lillian Linda Lindsay Lindsey Linus Lionel Lisa Lois Lola Lorenzo Lorraine Louis Louisa Louise Luca Lucas
Lucia Lucien Lucy Ludwig Luigi Luis Luisa Lukas Luke Lydia Lynn Madeleine Magdalena Maja Malcolm Malik Manfred Manuel
Manuela Marcel Marco Marcus Margaret Margot Maria Mariam Marianne Marie Marilyn Mario Marion Marjorie Marlene Marlon
Marsha Marta Martha Martin Martina Marvin Mary Maryam Mateo Mathilde Matteo Matthew Matthias Maureen Maurice Max Maxime
Maya Megan Mehmet Melanie Melissa Mia Michael Michaela Michel Michele Michelle Miguel Mike Mikhail Mila Mildred Milena
Minh Miriam Mohamed Mohammad Mohammed Moira Molly Monica Monika Monique Morgan Moritz Muriel Mustafa Nadia Nadine Nancy
Naomi Natalia Natalie Natasha Nathalie Nathan Nathaniel Neil Nelson Ngozi Niamh Nicholas Nicola Nicolas Nicole Nigel
Nikita Niklas Nikolai Nina Nkechi Noah Nora Norbert Olaf Oleg Olga Oliver Olivia Omar Oscar Oskar Otto Pablo Pamela
Patricia Patrick Paul Paula Pauline Pedro Peggy Peter Philip Philipp Philippe Phillip Phoebe Phyllis Pierre Pietro
Polly Priya Priyanka Rachel Rafael Raj Rajesh Ralph Ramon Randall Raquel Rashid Raul Ravi Raymond Rebecca Reinhard
Renate Rene Rhys Ricardo Richard Rita Robert Roberta Roberto Rodney Rodrigo Roger Rohan Roland Rolf Ronald Ronnie Rosa
Rosalind Rosemary Rosie Ross Rowan Roy Rudolf Rupert Russell Ruth Ryan Sabine Sabrina Sally Salma Sam Samantha Samir
Samuel Sandra Sanjay Santiago Saoirse Sara Sarah Sasha Scott Sean Sebastian Selena Serena Sergei Sergio Seth Shannon
Sharon Sheila Shirley Sidney Siegfried Sigmund Silvia Simon Simone Siobhan Sofie Sonia Sonja Sophia Sophie Soren Stefan
Stefanie Stella Stephanie Stephen Steve Steven Stewart Stuart Sunil Suresh Susan Susanne Susie Suzanne Sven Svetlana
Sylvia Tamara Tanya Tara Tariq Tatiana Ted Teresa Terry Thabo Thelma Theo Theodore Theresa Thomas Tiffany Tim Timothy
Tina Tobias Toby Todd Tom Tommy Tony Tracy Travis Trevor Tristan Tyler Ulrich Ulrike Ursula Uwe Valentina Valerie
Vanessa Vera Vernon Veronica Victoria Vijay Vikram Vincent Vivian Vladimir Walter Wanda Wayne Wei Wendy Wesley Wilfred
Wilhelm William Willie Winston Wojciech Wolfgang Xavier Yasmin Yolanda Yosef Yuki Yuri Yusuf Yvonne Zachary Zahra
Zainab Zanele Zara Zoe
"""
_ALSO_WORDS = """
Abraham Alma Amber April Art August Bill Carol Chase Christian Clay Cliff Crystal Daisy Dale Dawn Dean Don Drew Elijah
Eve Faith Flora Frank Gene Ginger Glen Grace Grant Guy Heather Hope Isaac Ivy Jack Jacob Jade Jasmine Jewel Joy June
Lance Laurel Lily Mark Matt May Miles Nick Norman Olive Pat Pearl Penny Raphael Ray Rich Rob Robin Rod Rose Ruby Rusty
Sandy Stan Sue Summer Victor Violet Wade Will Willow
"""
_COUNTED = """
Bill Christian Cliff Dean Don Frank Glen Grant Guy Jack Jacob Lance Mark Matt Miles Nick Norman Pat Penny Ray Rob Robin
Rod Rose Sandy Stan Sue Victor Wade
"""
_SURNAMES = """
Abbott Archer Armstrong Baker Banks Barber Bell Berry Best Bird Bishop Black Bloom Bond Booth Bowman Brooks Brown Burns
Bush Butler Carpenter Carter Cash Castle Chase Church Clay Cole Cook Cooper Crane Crawford Cross Crowe Curry Day Drake
Finch Fisher Flowers Ford Foster Fox Frank Freeman Frost Gates Goodman Grant Gray Green Greene Grey Hall Hardy Hart Hawk
Hawking Hayes Hill Hooper Hope Hopper House Hunt Hunter Jobs Jordan Judge Justice Khan Kidd King Knight Lake Lamb Lane
Little Long Love Lowe Lynch Major Marsh Marshall Mason Mercer Miller Mills Moon Moore Newman Nightingale Noble North
Palmer Park Parker Parks Perry Pike Poe Pope Porter Potter Powers Prince Pryor Rice Rich Rivers Rose Rush Sharp Shepherd
Singer Small Smith Snow Sparks Spencer Stark Steele Stone Strong Summers Swift Taylor Temple Thatcher Tucker Turner
Twain Underwood Walker Ward Waters Weaver Webb Webster Wells West Wheeler White Wilde Wise Wolf Wolfe Wood Woods Wright
Young Cho Fu Ho Jia Klein Lam Lang Lau Li Lim Lo Lu Ma Pan Ren Sen Su Tian Vu Xia
"""

GIVEN = frozenset(_GIVEN.split())
#: Given names that are English words, or have other forms in Bibles: names only beside a surname or another name.
ALSO_WORDS = frozenset(_ALSO_WORDS.split())
#: Those whose word needs an article as a subject: "Bill is here" speaks of a person, "Hope is lost" does not.
COUNTED = frozenset(_COUNTED.split())
#: Those that are months, unless another name or a surname stands beside them.
MONTHS = frozenset(["April", "May", "June", "August"])
#: Surnames that are English words, or titles, or so short that a vocabulary knows them as words.
SURNAMES = frozenset(_SURNAMES.split())
#: Titles before a surname, with or without a full stop.
ADDRESSING_TITLES = ("Mr", "Mrs", "Ms", "Miss", "Mx")
LEARNED_TITLES = ("Dr", "Prof")
#: Words in small letters that belong to the surname behind them.
PARTICLES = (
    "van", "von", "de", "der", "den", "het", "ter", "ten", "te", "zu", "zum", "zur", "vom", "del", "della", "dei", "di",
    "da", "do", "dos", "das", "du", "des", "la", "las", "los", "le", "el", "al", "bin", "bint", "ibn", "ben", "af",
    "av",
)  # fmt: skip
#: Those that are English words: Give Mary ten euros.
ALSO_ENGLISH = frozenset(["do", "ten", "den"])
