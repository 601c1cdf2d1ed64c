
/*
 * Copyright (C) nginx-idv authors
 *
 * The capture page in German.
 */


#include "idv_svc_text.h"


const idv_svc_lang_t  idv_svc_text_de = {

    ngx_string("de"), {

    [IDV_SVC_T_DIR] =
        ngx_string("ltr"),

    [IDV_SVC_T_SITE] =
        ngx_string("Die Seite, auf der Sie begonnen haben"),

    [IDV_SVC_T_ASKS] =
        ngx_string("{1} fragt an. Sie haben Zeit bis {2} UTC."),

    [IDV_SVC_T_CONTINUE] =
        ngx_string("Weiter"),

    [IDV_SVC_T_STEP_BEGIN] =
        ngx_string("Start"),

    [IDV_SVC_T_STEP_EMAIL] =
        ngx_string("E-Mail"),

    [IDV_SVC_T_STEP_PHONE] =
        ngx_string("Telefon"),

    [IDV_SVC_T_STEP_DOCUMENT] =
        ngx_string("Dokument"),

    [IDV_SVC_T_STEP_SELFIE] =
        ngx_string("Foto"),

    [IDV_SVC_T_STEP_REVIEW] =
        ngx_string("Kontrolle"),

    [IDV_SVC_T_STEP_RESULT] =
        ngx_string("Ergebnis"),

    [IDV_SVC_T_BEGIN_TITLE] =
        ngx_string("Bestätigen Sie Ihre Identität"),

    [IDV_SVC_T_BEGIN_ASKS] =
        ngx_string("{1} bittet Sie, Ihre Identität zu bestätigen."),

    [IDV_SVC_T_BEGIN_NEED] =
        ngx_string("Sie brauchen:"),

    [IDV_SVC_T_NEED_EMAIL] =
        ngx_string("Zugriff auf Ihre E-Mail"),

    [IDV_SVC_T_NEED_PHONE] =
        ngx_string("Ihr Telefon, um eine SMS zu empfangen"),

    [IDV_SVC_T_NEED_DOCUMENT] =
        ngx_string("einen Reisepass, Führerschein, Personalausweis oder "
                   "Aufenthaltstitel"),

    [IDV_SVC_T_NEED_SELFIE] =
        ngx_string("ein Foto Ihres Gesichts oder eine Kamera dafür"),

    [IDV_SVC_T_NEED_OPTIONAL] =
        ngx_string("{1} (freiwillig)"),

    [IDV_SVC_T_BEGIN_CODE] =
        ngx_string("Fahren Sie nur fort, wenn Sie dies selbst begonnen "
                   "haben und Ihnen derselbe Code gezeigt wurde:"),

    [IDV_SVC_T_BEGIN_TIME] =
        ngx_string("Begonnen um {1}, gültig bis {2} UTC."),

    [IDV_SVC_T_BEGIN_WARNING] =
        ngx_string("Wenn jemand Sie hierher geschickt, angerufen oder "
                   "gebeten hat, einen Code zu scannen, hören Sie jetzt "
                   "auf: Diese Person bekäme den Zugang."),

    [IDV_SVC_T_TEST_MODE] =
        ngx_string("Dieser Dienst ist im Testbetrieb: Er glaubt, was Sie "
                   "eintippen, und hält jedes Foto für Ihr Gesicht."),

    [IDV_SVC_T_CONSENT] =
        ngx_string("{1} erfährt das Ergebnis und was in Ihren Dokumenten "
                   "steht. Ihre Eingaben werden {2} Minuten nach der "
                   "Entscheidung gelöscht. Wenn Sie nicht einverstanden "
                   "sind, schließen Sie diese Seite: Es wurde nichts "
                   "gespeichert."),

    [IDV_SVC_T_BEGIN] =
        ngx_string("Zustimmen und beginnen"),

    [IDV_SVC_T_KIND_TITLE] =
        ngx_string("Wählen Sie ein Dokument"),

    [IDV_SVC_T_KIND_TEXT] =
        ngx_string("Welches haben Sie zur Hand?"),

    [IDV_SVC_T_KIND_MISSING] =
        ngx_string("Bitte wählen Sie eines."),

    [IDV_SVC_T_KIND_PASSPORT] =
        ngx_string("Reisepass"),

    [IDV_SVC_T_KIND_LICENCE] =
        ngx_string("Führerschein"),

    [IDV_SVC_T_KIND_ID_CARD] =
        ngx_string("Personalausweis"),

    [IDV_SVC_T_KIND_PERMIT] =
        ngx_string("Aufenthaltstitel"),

    [IDV_SVC_T_KIND_PASSPORT_CARD] =
        ngx_string("Passkarte"),

    [IDV_SVC_T_KIND_OTHER] =
        ngx_string("Ein anderes Dokument verwenden"),

    [IDV_SVC_T_FRONT_TITLE] =
        ngx_string("{1}: Vorderseite"),

    [IDV_SVC_T_BACK_TITLE] =
        ngx_string("{1}: Rückseite"),

    [IDV_SVC_T_PAPER_TIP] =
        ngx_string("Legen Sie es bei gutem Licht auf eine einfarbige "
                   "Fläche. Es muss ganz auf dem Foto sein, scharf und ohne "
                   "Spiegelung."),

    [IDV_SVC_T_PHOTO_CAMERA] =
        ngx_string("Kamera verwenden"),

    [IDV_SVC_T_PHOTO_FILE] =
        ngx_string("Oder ein Foto auswählen"),

    [IDV_SVC_T_PHOTO_TYPES] =
        ngx_string("(JPEG oder PNG)"),

    [IDV_SVC_T_PHOTO_MISSING] =
        ngx_string("Bitte nehmen Sie ein Foto auf oder wählen Sie eines "
                   "aus."),

    [IDV_SVC_T_PHOTO_LARGE] =
        ngx_string("Dieses Foto ist zu groß. Bitte wählen Sie ein "
                   "kleineres."),

    [IDV_SVC_T_PHOTO_WITHOUT] =
        ngx_string("Ohne Foto weiter"),

    [IDV_SVC_T_DETAILS_TITLE] =
        ngx_string("Was darauf steht"),

    [IDV_SVC_T_DETAILS_TEXT] =
        ngx_string("Fotos werden hier nicht gelesen. Tippen oder kopieren "
                   "Sie die maschinenlesbaren Zeilen oder, wenn es keine "
                   "gibt, was auf dem Dokument gedruckt ist."),

    [IDV_SVC_T_ZONE] =
        ngx_string("Maschinenlesbare Zeilen"),

    [IDV_SVC_T_ZONE_HINT] =
        ngx_string("Die Zeilen mit &lt;&lt;&lt; oder der Text des Barcodes "
                   "auf einem Führerschein. Sie werden sofort geprüft."),

    [IDV_SVC_T_FIELDS] =
        ngx_string("Auf dem Dokument gedruckt"),

    [IDV_SVC_T_FIELDS_HINT] =
        ngx_string("Was Sie auslassen, wird den Zeilen entnommen."),

    [IDV_SVC_T_FIELD_NUMBER] =
        ngx_string("Nummer des Dokuments"),

    [IDV_SVC_T_FIELD_FIRST] =
        ngx_string("Vorname"),

    [IDV_SVC_T_FIELD_LAST] =
        ngx_string("Nachname"),

    [IDV_SVC_T_FIELD_BIRTH] =
        ngx_string("Geburtsdatum"),

    [IDV_SVC_T_FIELD_EXPIRY] =
        ngx_string("Gültig bis"),

    [IDV_SVC_T_FIELD_COUNTRY] =
        ngx_string("Ausstellendes Land"),

    [IDV_SVC_T_PROBLEM] =
        ngx_string("Es gibt ein Problem"),

    [IDV_SVC_T_PROBLEM_ZONE] =
        ngx_string("Das sind keine maschinenlesbaren Zeilen eines "
                   "Dokuments. Bitte prüfen Sie, ob alle da sind."),

    [IDV_SVC_T_PROBLEM_FIELDS] =
        ngx_string("Bitte prüfen Sie die markierten Felder."),

    [IDV_SVC_T_PROBLEM_MISSING] =
        ngx_string("Bitte füllen Sie die markierten Felder aus oder die "
                   "maschinenlesbaren Zeilen."),

    [IDV_SVC_T_ERROR_EMPTY] =
        ngx_string("Bitte ausfüllen."),

    [IDV_SVC_T_ERROR_TEXT] =
        ngx_string("Das muss Text sein, höchstens 100 Byte lang."),

    [IDV_SVC_T_ERROR_DATE] =
        ngx_string("Das muss ein Datum sein: JJJJ-MM-TT."),

    [IDV_SVC_T_SELFIE_TITLE] =
        ngx_string("Ein Foto von Ihnen"),

    [IDV_SVC_T_SELFIE_TIP] =
        ngx_string("Schauen Sie bei gutem Licht gerade in die Kamera, mit "
                   "nichts vor dem Gesicht."),

    [IDV_SVC_T_SKIP] =
        ngx_string("Ohne fortfahren"),

    [IDV_SVC_T_AGAIN] =
        ngx_string("Bitte versuchen Sie es noch einmal. Das ist Versuch {1} "
                   "von {2}."),

    [IDV_SVC_T_REVIEW_TITLE] =
        ngx_string("Prüfen Sie Ihre Angaben"),

    [IDV_SVC_T_REVIEW_TEXT] =
        ngx_string("Ändern Sie, was nicht stimmt. Nach dem Absenden lässt "
                   "sich nichts mehr ändern."),

    [IDV_SVC_T_REVIEW_KIND] =
        ngx_string("Dokument"),

    [IDV_SVC_T_REVIEW_DETAILS] =
        ngx_string("Was darauf steht"),

    [IDV_SVC_T_REVIEW_FRONT] =
        ngx_string("Foto der Vorderseite"),

    [IDV_SVC_T_REVIEW_BACK] =
        ngx_string("Foto der Rückseite"),

    [IDV_SVC_T_REVIEW_SELFIE] =
        ngx_string("Foto von Ihnen"),

    [IDV_SVC_T_REVIEW_GIVEN] =
        ngx_string("Vorhanden"),

    [IDV_SVC_T_REVIEW_NONE] =
        ngx_string("Keine"),

    [IDV_SVC_T_REVIEW_SKIPPED] =
        ngx_string("Ausgelassen"),

    [IDV_SVC_T_REVIEW_ELSEWHERE] =
        ngx_string("Anderswo angegeben"),

    [IDV_SVC_T_CHANGE] =
        ngx_string("Ändern"),

    [IDV_SVC_T_SUBMIT] =
        ngx_string("Absenden"),

    [IDV_SVC_T_WAIT_TITLE] =
        ngx_string("Danke"),

    [IDV_SVC_T_WAIT_TEXT] =
        ngx_string("Wir haben alles und prüfen es."),

    [IDV_SVC_T_WAIT_PERSON] =
        ngx_string("Ein Mensch sieht es sich an, das kann etwas dauern."),

    [IDV_SVC_T_WAIT_PAGE] =
        ngx_string("Diese Seite zeigt das Ergebnis, sobald es eines gibt."),

    [IDV_SVC_T_GOOD_TITLE] =
        ngx_string("Ihre Identität ist bestätigt"),

    [IDV_SVC_T_GOOD_TEXT] =
        ngx_string("Sie können diese Seite schließen und dort weitermachen, "
                   "wo Sie begonnen haben."),

    [IDV_SVC_T_BAD_TITLE] =
        ngx_string("Nicht bestätigt"),

    [IDV_SVC_T_BAD_TEXT] =
        ngx_string("Ihre Identität konnte nicht bestätigt werden. {1}"),

    [IDV_SVC_T_BAD_AGAIN] =
        ngx_string("Gehen Sie dorthin zurück, wo Sie begonnen haben, um es "
                   "noch einmal zu versuchen."),

    [IDV_SVC_T_NONE_TITLE] =
        ngx_string("Dieser Link funktioniert nicht"),

    [IDV_SVC_T_NONE_TEXT] =
        ngx_string("Er ist unvollständig oder abgelaufen. Gehen Sie dorthin "
                   "zurück, wo Sie ihn bekommen haben, und beginnen Sie "
                   "neu."),

    [IDV_SVC_T_FULL_TITLE] =
        ngx_string("Bitte versuchen Sie es später noch einmal"),

    [IDV_SVC_T_FULL_TEXT] =
        ngx_string("Im Augenblick ist kein Platz für das, was Sie gesendet "
                   "haben. Nichts davon wurde gespeichert."),

    [IDV_SVC_T_LARGE_TITLE] =
        ngx_string("Das ist zu groß"),

    [IDV_SVC_T_LARGE_TEXT] =
        ngx_string("Gehen Sie zurück und wählen Sie ein kleineres Foto."),

    [IDV_SVC_T_BROKEN_TITLE] =
        ngx_string("Das ist nicht angekommen"),

    [IDV_SVC_T_BROKEN_TEXT] =
        ngx_string("Gehen Sie zurück und senden Sie es noch einmal."),

    [IDV_SVC_T_EMAIL_TITLE] =
        ngx_string("Ihre E-Mail-Adresse"),

    [IDV_SVC_T_PHONE_TITLE] =
        ngx_string("Ihre Telefonnummer"),

    [IDV_SVC_T_OTP_TIP] =
        ngx_string("Dorthin wird ein Code gesendet, den Sie dann hier "
                   "eintippen."),

    [IDV_SVC_T_OTP_EMAIL] =
        ngx_string("E-Mail-Adresse"),

    [IDV_SVC_T_OTP_PHONE] =
        ngx_string("Telefonnummer, mit + und Ländervorwahl"),

    [IDV_SVC_T_OTP_TO] =
        ngx_string("Ein Code wird an {1} gesendet."),

    [IDV_SVC_T_OTP_SEND] =
        ngx_string("Code senden"),

    [IDV_SVC_T_OTP_SENT] =
        ngx_string("Ein Code aus sechs Ziffern wurde an {1} gesendet. Er "
                   "gilt bis {2} UTC."),

    [IDV_SVC_T_OTP_UNSENT] =
        ngx_string("Der Code konnte nicht an {1} gesendet werden."),

    [IDV_SVC_T_OTP_OVER] =
        ngx_string("Seine Zeit ist abgelaufen, und es kann kein anderer "
                   "gesendet werden."),

    [IDV_SVC_T_OTP_GO_ON] =
        ngx_string("Weiter"),

    [IDV_SVC_T_OTP_CODE] =
        ngx_string("Code"),

    [IDV_SVC_T_OTP_LEFT] =
        ngx_string("Verbleibende Versuche: {1}"),

    [IDV_SVC_T_OTP_AGAIN] =
        ngx_string("Anderen Code senden"),

    [IDV_SVC_T_OTP_WHEN] =
        ngx_string("Nichts angekommen? Ein anderer Code kann in {1} "
                   "Sekunden gesendet werden."),

    [IDV_SVC_T_OTP_ADDRESS] =
        ngx_string("An diese Adresse kann kein Code gesendet werden."),

    [IDV_SVC_T_OTP_TOO_SOON] =
        ngx_string("Bitte warten Sie etwas, bevor ein anderer Code gesendet "
                   "wird."),

    [IDV_SVC_T_OTP_NO_MORE] =
        ngx_string("Es können keine Codes mehr gesendet werden."),

    [IDV_SVC_T_OTP_MALFORMED] =
        ngx_string("Bitte geben Sie die sechs Ziffern des Codes ein."),

    [IDV_SVC_T_OTP_WRONG] =
        ngx_string("Das ist nicht der Code, der gesendet wurde."),

    [IDV_SVC_T_OTP_EXPIRED] =
        ngx_string("Die Zeit dieses Codes ist abgelaufen. Bitte lassen Sie "
                   "sich einen anderen senden."),

    [IDV_SVC_T_OTP_NONE] =
        ngx_string("Bitte lassen Sie sich zuerst einen Code senden."),

    [IDV_SVC_T_REVIEW_CONFIRMED] =
        ngx_string("Bestätigt"),

    [IDV_SVC_T_REVIEW_FAILED] =
        ngx_string("Nicht bestätigt")
    }, {

    [IDV_SVC_REASON_TIMED_OUT] =
        ngx_string("Die Zeit für diese Prüfung ist abgelaufen."),

    [IDV_SVC_REASON_DATA_MISSING] =
        ngx_string("Einige Angaben des Dokuments fehlen."),

    [IDV_SVC_REASON_DOCUMENT_IMAGE] =
        ngx_string("Das Foto des Dokuments konnte nicht gelesen werden."),

    [IDV_SVC_REASON_BIRTH_DATE] =
        ngx_string("Das Geburtsdatum kann nicht stimmen."),

    [IDV_SVC_REASON_DOCUMENT_EXPIRED] =
        ngx_string("Das Dokument ist abgelaufen."),

    [IDV_SVC_REASON_SELFIE_IMAGE] =
        ngx_string("Das Foto Ihres Gesichts konnte nicht gelesen werden."),

    [IDV_SVC_REASON_ZONE] =
        ngx_string("Die maschinenlesbaren Zeilen des Dokuments stimmen "
                   "nicht."),

    [IDV_SVC_REASON_DATA_DIFFERS] =
        ngx_string("Die maschinenlesbaren Zeilen des Dokuments sagen nicht, "
                   "was eingetippt wurde."),

    [IDV_SVC_REASON_RECORD] =
        ngx_string("Das Dokument passt nicht zu dem, was über Sie bekannt "
                   "ist."),

    [IDV_SVC_REASON_REJECTED] =
        ngx_string("Die Prüfung wurde abgelehnt."),

    [IDV_SVC_REASON_NOT_PERFORMED] =
        ngx_string("Es fehlt etwas, das gebraucht wurde."),

    [IDV_SVC_REASON_PASSWORD] =
        ngx_string("Der gesendete Code wurde nicht rechtzeitig oder nicht "
                   "richtig eingegeben.")
    }
};
