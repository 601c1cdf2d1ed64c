
/*
 * Copyright (C) nginx-idv authors
 *
 * The page in German.
 */


#include "ngx_http_idv_page.h"


const ngx_http_idv_page_lang_t  ngx_http_idv_page_text_de = {

    ngx_string("de"), {

    [NGX_HTTP_IDV_TEXT_DIR] =
        ngx_string("ltr"),

    [NGX_HTTP_IDV_TEXT_SKIP] =
        ngx_string("Zum Inhalt springen"),

    [NGX_HTTP_IDV_TEXT_SERVICE] =
        ngx_string("Identitätsprüfung"),

    [NGX_HTTP_IDV_TEXT_OFFLINE] =
        ngx_string("Die Verbindung ist unterbrochen. Wir versuchen es "
                   "weiter."),

    [NGX_HTTP_IDV_TEXT_UPDATES] =
        ngx_string("Diese Seite geht von selbst weiter. Bitte lassen Sie "
                   "sie geöffnet."),

    [NGX_HTTP_IDV_TEXT_CHECK_NOW] =
        ngx_string("Jetzt nachsehen"),

    [NGX_HTTP_IDV_TEXT_CONTINUE] =
        ngx_string("Weiter"),

    [NGX_HTTP_IDV_TEXT_RETRY] =
        ngx_string("Noch einmal versuchen"),

    [NGX_HTTP_IDV_TEXT_CHOOSE_AGAIN] =
        ngx_string("Anderen Weg wählen"),

    [NGX_HTTP_IDV_TEXT_CANCEL] =
        ngx_string("Abbrechen"),

    [NGX_HTTP_IDV_TEXT_START_AGAIN] =
        ngx_string("Neu beginnen"),

    [NGX_HTTP_IDV_TEXT_BACK] =
        ngx_string("Zurück zur aufgerufenen Seite"),

    [NGX_HTTP_IDV_TEXT_WARNING] =
        ngx_string("Machen Sie nur weiter, wenn Sie das hier selbst bei "
                   "{host} begonnen haben. Hat jemand Sie hierher geschickt "
                   "oder gebeten, einen Code zu scannen, brechen Sie jetzt "
                   "ab."),

    [NGX_HTTP_IDV_TEXT_PROBLEM] =
        ngx_string("Es gibt ein Problem"),

    [NGX_HTTP_IDV_TEXT_START_TITLE] =
        ngx_string("Weisen Sie sich aus"),

    [NGX_HTTP_IDV_TEXT_START_TEXT] =
        ngx_string("{host} öffnet manche Seiten nur für Personen, deren "
                   "Identität geprüft ist. Sie brauchen ein Ausweisdokument "
                   "und ein Telefon oder ein Gerät mit Kamera."),

    [NGX_HTTP_IDV_TEXT_START_BUTTON] =
        ngx_string("Beginnen"),

    [NGX_HTTP_IDV_TEXT_ACTIVE_TITLE] =
        ngx_string("Ihre Identität ist geprüft"),

    [NGX_HTTP_IDV_TEXT_ACTIVE_TEXT] =
        ngx_string("Hier ist nichts weiter zu tun."),

    [NGX_HTTP_IDV_TEXT_ACTIVE_LOGOUT] =
        ngx_string("Diese geprüfte Sitzung beenden"),

    [NGX_HTTP_IDV_TEXT_DEVICE_TITLE] =
        ngx_string("Weisen Sie sich aus"),

    [NGX_HTTP_IDV_TEXT_DEVICE_TEXT] =
        ngx_string("{host} bittet Sie, ein Ausweisdokument und Ihr Gesicht "
                   "zu zeigen. Auf welchem Gerät möchten Sie das tun?"),

    [NGX_HTTP_IDV_TEXT_DEVICE_SELF] =
        ngx_string("Dieses Gerät verwenden"),

    [NGX_HTTP_IDV_TEXT_DEVICE_SELF_HINT] =
        ngx_string("Es braucht eine Kamera."),

    [NGX_HTTP_IDV_TEXT_DEVICE_OTHER] =
        ngx_string("Ein anderes Gerät verwenden"),

    [NGX_HTTP_IDV_TEXT_DEVICE_OTHER_HINT] =
        ngx_string("Sie scannen einen Code mit dem Telefon oder erhalten "
                   "einen Link."),

    [NGX_HTTP_IDV_TEXT_OPTIONS_TITLE] =
        ngx_string("Wie möchten Sie die Prüfung öffnen?"),

    [NGX_HTTP_IDV_TEXT_OPTIONS_TEXT] =
        ngx_string("Die Prüfung läuft auf Ihrem Telefon. Wählen Sie, wie "
                   "der Link dorthin kommt."),

    [NGX_HTTP_IDV_TEXT_OPTIONS_QR] =
        ngx_string("QR-Code scannen"),

    [NGX_HTTP_IDV_TEXT_OPTIONS_EMAIL] =
        ngx_string("E-Mail an {contact}"),

    [NGX_HTTP_IDV_TEXT_OPTIONS_PHONE] =
        ngx_string("SMS an {contact}"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_TITLE] =
        ngx_string("Scannen Sie den Code mit dem Telefon"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_SCAN] =
        ngx_string("Richten Sie die Kamera Ihres Telefons auf den QR-Code."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_COMPARE] =
        ngx_string("Vergleichen Sie den Prüfcode: Beide Geräte müssen "
                   "denselben zeigen."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_FOLLOW] =
        ngx_string("Folgen Sie den Schritten auf dem Telefon."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_QR_ALT] =
        ngx_string("QR-Code, der die Identitätsprüfung auf Ihrem Telefon "
                   "öffnet"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_CODE] =
        ngx_string("Prüfcode"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_VALID] =
        ngx_string("Der Code gilt bis {time} Uhr (UTC)."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL_TITLE] =
        ngx_string("Sehen Sie in Ihre E-Mails"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_EMAIL] =
        ngx_string("Wir haben Ihnen eine E-Mail geschickt. Öffnen Sie deren "
                   "Link auf dem Telefon."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_PHONE_TITLE] =
        ngx_string("Sehen Sie in Ihre SMS"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_PHONE] =
        ngx_string("Wir haben Ihnen eine SMS geschickt. Öffnen Sie deren "
                   "Link auf dem Telefon."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_SCAN_INSTEAD] =
        ngx_string("Es kam nichts an? Scannen Sie stattdessen diesen Code."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK] =
        ngx_string("Sie können den Code nicht scannen?"),

    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK_TEXT] =
        ngx_string("Öffnen Sie diese Adresse in einem anderen Fenster oder "
                   "auf einem anderen Gerät und lassen Sie diese Seite "
                   "offen."),

    [NGX_HTTP_IDV_TEXT_REQUIRED_LINK_OPEN] =
        ngx_string("Prüfung in einem anderen Fenster öffnen"),

    [NGX_HTTP_IDV_TEXT_INITIATED_TITLE] =
        ngx_string("Ihr Telefon ist verbunden"),

    [NGX_HTTP_IDV_TEXT_INITIATED_TEXT] =
        ngx_string("Vergleichen Sie den Code noch einmal und folgen Sie den "
                   "Schritten auf dem Telefon."),

    [NGX_HTTP_IDV_TEXT_SELF_TITLE] =
        ngx_string("Weiter zur Prüfung"),

    [NGX_HTTP_IDV_TEXT_SELF_TEXT] =
        ngx_string("Die Prüfung öffnet sich auf diesem Gerät und bringt Sie "
                   "hierher zurück. Sie muss diesen Code zeigen:"),

    [NGX_HTTP_IDV_TEXT_SELF_OPEN] =
        ngx_string("Prüfung öffnen"),

    [NGX_HTTP_IDV_TEXT_PROGRESS_TITLE] =
        ngx_string("Ihre Angaben werden geprüft"),

    [NGX_HTTP_IDV_TEXT_PROGRESS_TEXT] =
        ngx_string("Schließen Sie die Schritte auf dem Gerät mit der Kamera "
                   "ab. Die Prüfung selbst dauert einen Moment."),

    [NGX_HTTP_IDV_TEXT_COMPLETED_TITLE] =
        ngx_string("Ihre Identität ist geprüft"),

    [NGX_HTTP_IDV_TEXT_COMPLETED_TEXT] =
        ngx_string("Sie können jetzt zu {host} weitergehen."),

    [NGX_HTTP_IDV_TEXT_BYPASS_TITLE] =
        ngx_string("Sie können weitergehen"),

    [NGX_HTTP_IDV_TEXT_BYPASS_TEXT] =
        ngx_string("Ihre Identität wurde diesmal nicht geprüft. {host} "
                   "lässt Sie trotzdem weitergehen; manche Seiten bleiben "
                   "vielleicht verschlossen."),

    [NGX_HTTP_IDV_TEXT_FAILED_TITLE] =
        ngx_string("Die Prüfung ist nicht gelungen"),

    [NGX_HTTP_IDV_TEXT_FAILED_TEXT] =
        ngx_string("Sie können es noch einmal versuchen."),

    [NGX_HTTP_IDV_TEXT_FAILED_LAST] =
        ngx_string("Es ist kein Versuch mehr übrig. Bitte wenden Sie sich "
                   "an die Betreiber von {host}."),

    [NGX_HTTP_IDV_TEXT_FAILED_AGAIN] =
        ngx_string("Hier ist ein neuer Code für einen weiteren Versuch."),

    [NGX_HTTP_IDV_TEXT_CAUSE_FAILED] =
        ngx_string("Das Dokument oder das Foto konnte nicht bestätigt "
                   "werden."),

    [NGX_HTTP_IDV_TEXT_CAUSE_MISMATCH] =
        ngx_string("Das Dokument gehört nicht zur angemeldeten Person."),

    [NGX_HTTP_IDV_TEXT_CAUSE_CHECKS] =
        ngx_string("Eine der hier verlangten Prüfungen ist nicht gelungen."),

    [NGX_HTTP_IDV_TEXT_CAUSE_STATUS] =
        ngx_string("Die Prüfung endete mit einer Antwort, die nicht als "
                   "Erfolg gilt."),

    [NGX_HTTP_IDV_TEXT_CAUSE_NOTIFICATION] =
        ngx_string("Die Nachricht konnte nicht gesendet werden. Bitte "
                   "scannen Sie stattdessen den Code."),

    [NGX_HTTP_IDV_TEXT_CAUSE_UNAVAILABLE] =
        ngx_string("Der Prüfdienst antwortet im Moment nicht. Bitte "
                   "versuchen Sie es in einigen Minuten noch einmal."),

    [NGX_HTTP_IDV_TEXT_CAUSE_USER] =
        ngx_string("Der Prüfdienst kennt Sie nicht. Bitte wenden Sie sich "
                   "an die Betreiber von {host}."),

    [NGX_HTTP_IDV_TEXT_CAUSE_DISABLED] =
        ngx_string("Ihr Konto beim Prüfdienst ist gesperrt. Bitte wenden Sie "
                   "sich an die Betreiber von {host}."),

    [NGX_HTTP_IDV_TEXT_TIMED_OUT_TITLE] =
        ngx_string("Die Zeit ist abgelaufen"),

    [NGX_HTTP_IDV_TEXT_TIMED_OUT_TEXT] =
        ngx_string("Die Prüfung wurde nicht rechtzeitig abgeschlossen. Es "
                   "ist nichts verloren; Sie können sie noch einmal "
                   "beginnen."),

    [NGX_HTTP_IDV_TEXT_CANCELED_TITLE] =
        ngx_string("Sie haben abgebrochen"),

    [NGX_HTTP_IDV_TEXT_CANCELED_TEXT] =
        ngx_string("Ihre Identität wurde nicht geprüft, daher kann {host} "
                   "die Seite nicht öffnen."),

    [NGX_HTTP_IDV_TEXT_EXPIRED_TITLE] =
        ngx_string("Diese Prüfung ist beendet"),

    [NGX_HTTP_IDV_TEXT_EXPIRED_TEXT] =
        ngx_string("Sie ist abgeschlossen, abgelaufen oder wurde in einem "
                   "anderen Browser begonnen."),

    [NGX_HTTP_IDV_TEXT_RETURNED_TITLE] =
        ngx_string("Auf diesem Gerät sind Sie fertig"),

    [NGX_HTTP_IDV_TEXT_RETURNED_TEXT] =
        ngx_string("Gehen Sie zurück zu dem Gerät oder Browser, in dem Sie "
                   "begonnen haben. Diese Seite können Sie schließen."),

    [NGX_HTTP_IDV_TEXT_LOGOUT_TITLE] =
        ngx_string("Geprüfte Sitzung beenden?"),

    [NGX_HTTP_IDV_TEXT_LOGOUT_TEXT] =
        ngx_string("Danach bittet {host} Sie wieder, sich auszuweisen."),

    [NGX_HTTP_IDV_TEXT_LOGOUT_BUTTON] =
        ngx_string("Sitzung beenden"),

    [NGX_HTTP_IDV_TEXT_SIGNED_OUT_TITLE] =
        ngx_string("Es gibt keine geprüfte Sitzung"),

    [NGX_HTTP_IDV_TEXT_SIGNED_OUT_TEXT] =
        ngx_string("Sie sind vom geprüften Bereich von {host} abgemeldet."),

    [NGX_HTTP_IDV_TEXT_SUBJECT_TITLE] =
        ngx_string("Melden Sie sich zuerst an"),

    [NGX_HTTP_IDV_TEXT_SUBJECT_TEXT] =
        ngx_string("{host} weiß nicht, wer Sie sind. Melden Sie sich an und "
                   "kommen Sie zurück."),

    [NGX_HTTP_IDV_TEXT_FORM_TITLE] =
        ngx_string("Dieses Formular gilt nicht mehr"),

    [NGX_HTTP_IDV_TEXT_FORM_TEXT] =
        ngx_string("Es wurde in einem anderen Browser geöffnet oder kam "
                   "nicht von dieser Seite. Es wurde nichts geändert."),

    [NGX_HTTP_IDV_TEXT_BUSY_TITLE] =
        ngx_string("Bitte warten Sie ein wenig"),

    [NGX_HTTP_IDV_TEXT_LIMITED_TEXT] =
        ngx_string("Sie haben zu viele Prüfungen begonnen. Bitte versuchen "
                   "Sie es später noch einmal."),

    [NGX_HTTP_IDV_TEXT_LIMITED_ADDRESS] =
        ngx_string("In Ihrem Netz wurden zu viele Prüfungen begonnen. Bitte "
                   "versuchen Sie es später noch einmal."),

    [NGX_HTTP_IDV_TEXT_LIMITED_ALL] =
        ngx_string("Heute wurden mehr Prüfungen begonnen als sonst. Bitte "
                   "versuchen Sie es später noch einmal."),

    [NGX_HTTP_IDV_TEXT_LIMITED_LOCKED] =
        ngx_string("Zu viele Ihrer Prüfungen sind fehlgeschlagen. Bitte "
                   "versuchen Sie es später noch einmal."),

    [NGX_HTTP_IDV_TEXT_LIMITED_TIME] =
        ngx_string("Verbleibende Wartezeit (Stunden:Minuten): {time}"),

    [NGX_HTTP_IDV_TEXT_TOO_MANY_TEXT] =
        ngx_string("Für Sie sind zu viele Prüfungen offen. Beenden Sie eine "
                   "davon oder versuchen Sie es später noch einmal."),

    [NGX_HTTP_IDV_TEXT_FULL_TEXT] =
        ngx_string("Im Moment ist kein Platz für eine weitere Prüfung. "
                   "Bitte versuchen Sie es später noch einmal."),

    [NGX_HTTP_IDV_TEXT_ERROR_TITLE] =
        ngx_string("Etwas ist schiefgegangen"),

    [NGX_HTTP_IDV_TEXT_ERROR_TEXT] =
        ngx_string("Die Anfrage konnte nicht beantwortet werden. Bitte "
                   "versuchen Sie es noch einmal."),

    [NGX_HTTP_IDV_TEXT_NOT_FOUND_TITLE] =
        ngx_string("Diese Seite gibt es nicht"),

    [NGX_HTTP_IDV_TEXT_NOT_FOUND_TEXT] =
        ngx_string("Vielleicht ist die Adresse falsch geschrieben.")

}};
