"""The commonest words of languages in Latin letters, by which `languages` tells them apart. Data, and no code."""

COMMON = {
    "en": "the of and to in is a that for it was on are as with be by this from at or have an not they which you we "
    "what how why can will has were but his her their who when where does did do if there would should all more about "
    "than i me my your give tell write explain please its been no other any shall may such",
    "fr": "le la les de des du un une et est en que qui dans pour sur par au aux pas ne se ce cette il elle on nous "
    "vous je sont a ont avec plus ou mais comme être ses son leur qu d l à été",
    "de": "der die das und ist in den von zu mit dem des ein eine einer eines nicht auf für im sich als auch es an "
    "werden aus er hat dass sie nach wird bei sind oder um am wie war zum zur noch über haben nur vor ich wir einen",
    "es": "el la los las de y en que un una es se por con para del al lo no su sus como más pero o este esta son fue "
    "ha han también entre cuando muy sin sobre a e",
    "it": "il lo la i gli le di e è che un una in per con del della dei delle al alla nel nella non si da sono come "
    "più anche questo questa ha hanno o ma dal dalla sul sulla degli a l",
    "pt": "o a os as de e que um uma do da dos das em no na nos nas para com por se não é ao à como mais foi são "
    "também pelo pela seu sua ou mas entre este esta",
    "nl": "de het een en van in is dat op te zijn met voor niet aan er om ook als bij door uit nog naar worden wordt "
    "heeft maar deze dit die of tot over zich hebben werd was",
    "sv": "och i att det som en på är av för med den till inte har de om ett var sig från men så kan vid eller också "
    "under ska efter denna",
    "da": "og i at det som en på er af for med den til ikke har de om et var sig fra men så kan ved eller også blev "
    "efter være denne jeg",
    "no": "og i å det som en på er av for med den til ikke har de om et var seg fra men så kan ved eller også ble "
    "etter være denne jeg",
    "pl": "i w na z do nie się że jest to o jak od po za przez dla są oraz który która które ma być tym ale czy lub "
    "jego ich tego przy a",
    "cs": "a v se na je že s z do o i to k pro by ve za po jako však jsou která který které bylo od při nebo být podle "
    "ale co není již jeho také",
    "tr": "ve bir bu da de için ile olarak olan çok daha en gibi ne ama veya kadar sonra olduğu her ki değil",
    "fi": "ja on ei se että oli hän ovat mutta kun myös tai sekä joka jotka ole mukaan kuin sen",
    "ro": "și de în a la cu pe un o că este din care pentru nu se sunt mai au fi prin al ale sau după",
    "hu": "a az és hogy nem is egy ez volt meg csak mint már vagy el de ha ami amely szerint",
    "id": "dan yang di dengan untuk dari ini pada tidak dalam itu akan adalah ke oleh sebagai juga telah atau bisa",
    "vi": "và của là có trong được cho các một người không với những đã này để khi từ về như",
}
"""By ISO 639-1 code. Single letters are also what an apostrophe leaves of French and Italian articles."""
