
/*
 * Copyright (C) nginx-idv authors
 *
 * What the console calls the words of the API.  Each table ends with a row that
 * has no name: it is for words that nobody knew of here.
 */


#include "ngx_http_idv_console_view.h"


/*
 * Source: docs.pingidentity.com/pingone/identity_verification_using_
 * pingone_verify/p1_verify_view_status.html
 */

const ngx_http_idv_view_word_t  ngx_http_idv_view_statuses[] = {

    { "REQUESTED", "Requested", "open", NULL },
    { "INITIATED", "Initiated", "open", NULL },
    { "IN_PROGRESS", "In progress", "open", NULL },
    { "PARTIAL", "Partial", "open", NULL },
    { "SUCCESS", "Success", "good", NULL },
    { "NOT_REQUIRED", "Not required", "good", NULL },
    { "APPROVED_MANUALLY", "Approved manually", "good", NULL },
    { "APPROVED_NO_REQUEST", "Approved no request", "good", NULL },
    { "FAIL", "Fail", "bad", NULL },
    { NULL, NULL, "", NULL }
};


/* of a user */

const ngx_http_idv_view_word_t  ngx_http_idv_view_standings[] = {

    { "NOT_INITIATED", "Not initiated", "open",
      "The user is asked to verify their identity." },
    { "ENABLED", "Enabled", "good",
      "The user can verify their identity." },
    { "DISABLED", "Disabled", "bad",
      "The user cannot verify their identity until it is enabled again." },
    { NULL, NULL, "", NULL }
};


/* of a flow; those without a colour have ended, and are soon forgotten */

const ngx_http_idv_view_word_t  ngx_http_idv_view_states[] = {

    { "ID_VERIFICATION_DEVICE", "Chooses a device", "open", NULL },
    { "ID_VERIFICATION_OPTIONS", "Chooses how the link gets to the phone",
      "open", NULL },
    { "ID_VERIFICATION_REQUIRED", "Has the link, or the QR code", "open",
      NULL },
    { "ID_VERIFICATION_IN_PROGRESS", "Is on the way, or is being checked",
      "open", NULL },
    { "ID_VERIFICATION_COMPLETED", "Completed", "good", NULL },
    { "ID_VERIFICATION_FAILED", "Failed, may try again", "bad", NULL },
    { "ID_VERIFICATION_TIMED_OUT", "Timed out, may try again", "bad", NULL },
    { "COMPLETED", "Has ended, with a session", "", NULL },
    { "FAILED", "Has ended", "", NULL },
    { NULL, NULL, "", NULL }
};


/* checks, metadata and verified data */

const ngx_http_idv_view_word_t  ngx_http_idv_view_checks[] = {

    { "GOVERNMENT_ID", "Government ID", "", NULL },
    { "DOCUMENT_AUTHENTICATION", "Document authentication", "", NULL },
    { "DOCUMENT_MANUAL_AUTHENTICATION", "Document looked at by a person", "",
      NULL },
    { "AAMVA", "AAMVA: driving licence in the register", "", NULL },
    { "AADHAAR", "Aadhaar", "", NULL },
    { "FACIAL_COMPARISON", "Facial comparison", "", NULL },
    { "FACIAL_COMPARISON_DOCUMENT", "Face against the document", "", NULL },
    { "FACIAL_COMPARISON_REFERENCE_SELFIE", "Face against the selfie on file",
      "", NULL },
    { "LIVENESS", "Liveness", "", NULL },
    { "INJECTION_DETECTION", "Injection attack detection", "", NULL },
    { "BIOGRAPHIC_MATCH", "Biographic match", "", NULL },
    { "IDENTITY_RECORD_MATCHING", "Identity record matching", "", NULL },
    { "DATA_BASED_IDENTITY_VERIFICATION", "Data-based verification", "", NULL },
    { "EMAIL", "E-mail address", "", NULL },
    { "PHONE", "Phone", "", NULL },
    { "VOICE", "Voice", "", NULL },
    { "CREDENTIAL", "Credential", "", NULL },
    { "DEVICE_OWNERSHIP", "Device ownership", "", NULL },
    { "TRANSACTION_TIMED_OUT", "Time", "", NULL },
    { "FRONT_IMAGE", "Front of the document", "", NULL },
    { "BACK_IMAGE", "Back of the document", "", NULL },
    { "SELFIE", "Selfie", "", NULL },
    { "CROPPED_PORTRAIT", "Portrait of the document", "", NULL },
    { "CROPPED_DOCUMENT", "Document, cropped", "", NULL },
    { "CROPPED_SIGNATURE", "Signature of the document", "", NULL },
    { "BARCODE", "Barcode", "", NULL },
    { "END_USER_CLIENT", "Browser of the user", "", NULL },
    { NULL, NULL, "", NULL }
};


/* what a document says */

const ngx_http_idv_view_word_t  ngx_http_idv_view_keys[] = {

    { "firstName", "First name", "", NULL },
    { "middleName", "Middle name", "", NULL },
    { "lastName", "Last name", "", NULL },
    { "fullName", "Full name", "", NULL },
    { "gender", "Gender", "", NULL },
    { "birthDate", "Birth date", "", NULL },
    { "nationality", "Nationality", "", NULL },
    { "personalNumber", "Personal number", "", NULL },
    { "idType", "Kind of document", "", NULL },
    { "idNumber", "ID number", "", NULL },
    { "documentNumber", "Document number", "", NULL },
    { "issueDate", "Issued", "", NULL },
    { "expirationDate", "Valid until", "", NULL },
    { "issuingCountry", "Issuing country", "", NULL },
    { "country", "Country", "", NULL },
    { "addressStreet", "Street", "", NULL },
    { "addressCity", "City", "", NULL },
    { "addressState", "State", "", NULL },
    { "addressZip", "ZIP code", "", NULL },
    { "given_name", "Given name", "", NULL },
    { "family_name", "Family name", "", NULL },
    { "name", "Name", "", NULL },
    { "birth_date", "Birth date", "", NULL },
    { "address", "Address", "", NULL },
    { "email", "E-mail", "", NULL },
    { "phone", "Phone", "", NULL },
    { "options", "Any of", "", NULL },
    { "similarity", "Similarity (0 to 100)", "", NULL },
    { "confidence", "Confidence (0 to 100)", "", NULL },
    { "probability", "Probability", "", NULL },
    { "quality", "Quality", "", NULL },
    { "score", "Score", "", NULL },
    { "reason", "Reason", "", NULL },
    { "check", "Check", "", NULL },
    { NULL, NULL, "", NULL }
};


/* what became of the message after a reset */

const ngx_http_idv_view_word_t  ngx_http_idv_view_messages[] = {

    { "SENT", "A message was sent to the user.", "", NULL },
    { "NO_CONTACT", "No message was sent: no e-mail address or phone of the "
      "user is known.", "", NULL },
    { "NOT_CONFIGURED", "No message was sent: the provider has no such user "
      "in its directory.", "", NULL },
    { "FAILED", "The message to the user could not be sent. Tell them "
      "yourself.", "", NULL },
    { NULL, "", "", NULL }
};


/* what has just been done */

const ngx_http_idv_view_word_t  ngx_http_idv_view_done[] = {

    { "reset", "The verification status was reset. The user will be asked to "
      "verify their identity at the next sign-on.", "", NULL },
    { "enabled", "Identity verification is enabled for this user.", "", NULL },
    { "disabled", "Identity verification is disabled for this user.", "",
      NULL },
    { "approved", "The transaction was approved manually.", "", NULL },
    { "approved-user", "The user was approved without a request.", "", NULL },
    { "sessions", "All verified sessions of this user have ended.", "", NULL },
    { "flow", "The flow has ended.", "", NULL },
    { "created", "The verify policy was created.", "", NULL },
    { "updated", "The verify policy was saved.", "", NULL },
    { "deleted", "The verify policy was deleted.", "", NULL },
    { "review-approved", "You have approved the transaction.", "", NULL },
    { "review-rejected", "You have rejected the transaction.", "", NULL },
    { NULL, NULL, "", NULL }
};


const ngx_http_idv_view_word_t *
ngx_http_idv_view_word(const ngx_http_idv_view_word_t *words,
    const ngx_str_t *name)
{
    for ( /* void */ ; words->name; words++) {
        if (ngx_strlen(words->name) == name->len
            && ngx_strncmp(words->name, name->data, name->len) == 0)
        {
            break;
        }
    }

    return words;
}
